// A photo is made small on the device before it travels: drawn anew on a canvas, so that place, time and all else in the file stay behind.
// Without this script the whole file travels and the server does the same.
const MOST = 200000;
const TRIES = [[1600, 0.8], [1600, 0.65], [1280, 0.6], [1024, 0.55], [800, 0.5], [640, 0.45]]; // longest side, quality

export async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  for (const [side, quality] of TRIES) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", quality); });
    if (blob && blob.size <= MOST) return new File([blob], "foto.jpg", { type: "image/jpeg" });
  }
  return file;
}

const form = document.querySelector("[data-photo]");
if (form) {
  const input = form.querySelector("input[type=file]");
  const said = form.querySelector("[data-said]");
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file || (file.name === "foto.jpg" && file.size <= MOST)) return;
    said.textContent = form.dataset.working;
    try {
      const small = new DataTransfer();
      small.items.add(await shrink(file));
      input.files = small.files;
      said.textContent = form.dataset.small.replace("{kb}", Math.ceil(input.files[0].size / 1000));
    } catch {
      said.textContent = ""; // no picture that this browser can draw: the server says so
    }
  });
}
