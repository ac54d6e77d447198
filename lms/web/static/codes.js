// Short numbers of a shared secret, as lms/codes.py makes them.
export function bytes(code) {
  return Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
}

export async function number(key, message, digits) {
  const made = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = new Uint8Array(await crypto.subtle.sign("HMAC", made, new TextEncoder().encode(message)));
  const value = signed.slice(0, 6).reduce((sum, one) => sum * 256 + one, 0);
  return String(value % 10 ** digits).padStart(digits, "0");
}
