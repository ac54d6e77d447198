// Marks what could tell who a citizen is in Indonesian text, and proposes a mask. Pure, and on this device only: nothing here sends or
// stores anything. Lists and shapes, no model: what it cannot see is in docs/journals.md. No lookbehind: browsers four years old.
const set = (words) => new Set(words.split(" "));

// Given names (and a few family names) that are frequent in West Kalimantan and elsewhere; each is a name for many thousands.
const NAMES = set("abdul abdullah abu achmad acong ade adelia adi adit aditya afifah agnes agung agus agustina agustinus ahmad ahok aisyah akbar akiong albertus aldi aleks alfian ali aliong aloysius alvin ambo amelia amin aminah amir amoi ana anas anastasia andi andika andre andreas andri anggi anggraini ani anis anita anjas anton antonius anwar apin apriani apriyanto apui ardi ari arief arif aris arman arya asep asiong asmah asnah astuti atan atin awang ayu azis aziz bagas bahar bahri bambang barnabas basuki bayu benediktus beni benny bernadeta bernadus bertha bibiana bong boni bonifasius budi budiman burhan cahyo cahyono catur chandra christina cici citra daeng dahlia dani daniel darmawan darwis david dayang dedi deni desi devi dewi dian diana didik dika dimas dina dini dion djoko doni dwi edi efendi eka eko elia elisabet elisabeth emanuel emi endang eni ernawati erni ester eva evi fadli fahmi faisal fajar fani farid fatimah fauzan fauzi febri felisia ferdi ferdinandus feri fika firman fitri fitria florensia frans fransiska fransiskus galih gatot gilang gina gregorius gunawan guntur gusti halimah hamdan hamid hamzah handayani hani hanif hardi haris hariyanto hartati hartono haryanto hasan hasanah hasnah hendra hendri heni henny herawati heri herlina herman hermanto heru hidayat hidayati hieronimus hilda husin husna ibrahim ida idris iin ikhsan ilham imam imelda ina indah indra indri intan iqbal ira irawan irfan irma irwan isa ismail ita iwan jaelani jamal jamilah jaya jefri jeni johan johanes joko joni joseph julia juliana jumadi juminah kamal kamariah karno kartika kartini kasim katarina khadijah khairul klara kornelius kosmas krisna kristiana kristina kurnia kurniawan kusuma laila lani lastri leni lestari lia lidia lilik lilis lim lina linda lisa liu lucia lukas lukman lusi lusia made mahmud mahmudah maman margareta maria mariam mariana mariani markus marlina marni marselinus marta martina martinus marwan maryam masitah maulana maya mega melani melinda meri mikael mila mina mira misnah muhamad muhammad mulyadi mulyani mulyono munir murni mursid musa muslimin mustafa nabila nadia nana nanang nani natalia neneng ngadiman ngatini nia nina ningsih nita nopi nova novi novita nugroho nur nuraini nurhayati nurjanah nurlaila nurul oki oktavia otong panji parman paulus pendi petronela petrus pius poniman prasetyo pratama priyanto puji purnomo purwanti puspita putra putri putu rahayu rahma rahman rahmat rahmawati raisa rama ramadhan ramli rani ratih ratna ratnasari reni reza rian ridwan rika rina rini rio riski rita riyanto rizal rizki rizky robi rohani rohmah roni rosa rosita rosmala rudi rukmini rusdi rusli rustam saad sabar sabri saiful salamah salim salma samsul samuel sandi sani santi santoso sari sarinah sarjono satria sebastian selvi seno septiani setiawan setyo sigit silvia simon sinta siska siti slamet sofyan soleh sopian sri stefanus sudarmi sudirman sugeng suharti suharto sujono sukarno sukma sulaiman sulastri sumarni sumarno sumiati sunarti suparman suparti supriyadi surya suryadi suryani susanti susanto susi susilo sutrisno suwarni suyanto syahrul syamsul syarif syarifah taufik teguh teresia theresia thomas tina tini titin tjhin tono tri tukiman tuti udin ujang umar umi untung usman utami veronika vina vincensius wahyu wahyudi wahyuni wati wawan widodo widya wijaya willy winarti winda wisnu wiwik wong wulan wulandari yadi yani yanti yanto yati yayan yeni yoga yogi yohana yohanes yosef yoseph yudi yuli yuliana yulianti yulianus yunita yusnita yusuf zahra zainab zainal zaki zulkifli");

// What may stand in front of a name. After the short ones a name may be in lower case.
const TITLES = set("abang acil adek adik alias alm almarhum almarhumah almh bang bapak bibi bpk br bruder bu bude bulik busu cik dek dik dr dra drg drs emak eyang frater h hajah haji hajjah hj ibu ir kak kakak kakek kek kiai klien kyai long mak makcik mas mba mbah mbak nek nenek ngah nn ny nyai nyonya om oma opa pak pakcik pakde paklik paman pasien pastor pdt pendeta prof romo saudara saudari sdr sdri sr st suster tante tn tuan ustad ustadz ustadzah ustaz ustazah usu wak");
const SHORT = set("bu pak bpk mas mbak mba bang mbah pakde bude paklik bulik wak sdr sdri tn ny nn hj om tante almarhum almarhumah alm almh bernama namanya panggilannya");
const CUES = set("bernama namanya nama dipanggil panggilan panggilannya memanggilnya an inisial");
const KIN = set("adeknya adik adiknya anak anakku anaknya ayahnya bapaknya cucu cucunya ibunya istri istrinya kakaknya kakeknya keponakannya menantunya neneknya ponakannya sepupunya suami suaminya temannya tetangganya");
// Functions: "Pak Camat" is nobody's name, "Pak Camat Hasan" has one.
const ROLES = set("adat asisten babinsa bendahara bhabinkamtibmas bidan bupati camat danramil desa dewan direktur dokter dosen dukun dusun gizi gubernur guru hakim jaksa juru kabag kabid kader kades kadis kadus kapolres kapolsek kasi kasubag kasubbag kepala ketua koordinator lingkungan loket lurah mantri menteri mentor motoris narasumber operator panitia panti pelatih pembimbing pengasuh pengawas penguji pengurus penyuluh perawat petugas plt poli polisi posyandu presiden promkes puskesmas pustu rektor rt rw satpam sekcam sekda sekdes sekretaris seksi sopir staf supir temenggung tukang tumenggung wali walikota widyaiswara");
// A capitalised word after one of these belongs to an office, a place, a programme, a paper.
const HEADS = set("agama akademi angkatan aplikasi asrama aula badan bagian bahasa balai bandara bangsal bank bantuan batang bidang bri bukit buku bulan cv dana danau dermaga dewan diklat dinas direktorat distrik festival gedung gerakan gereja gunung hari hotel idul inspektorat institut jembatan kab kabupaten kantor kapal karang kartu kec kecamatan kelas kelenteng kelompok kementerian kepulauan keputusan kerajaan keuskupan klinik km komisi komunitas koperasi kota lapangan latsar laut layanan lembaga loket lubuk ma majelis makam mal masjid merek mi modul mts muara musala museum mushola nanga negara obat pantai panti parit paroki partai pasar paud pekong pelabuhan pelatihan peraturan perbup perda permen perpustakaan pesantren poli polindes politeknik pondok ponpes posbindu poskesdes posyandu program prov provinsi pt pulau pura puskesmas pustu republik riam rs rsj rsud ruang rumah sd sdn sekolah seksi selat sistem sma sman smk smkn smp smpn standar stasi stasiun subbagian suku sungai surat surau tablet taman tanjung teluk terminal tk toko tpa tugu ud undang-undang unit universitas upt uptd vaksin vihara vitamin yayasan");
// Words that are no names even with a capital: places down to the district, peoples, creeds, months, brands, and what sentences begin with.
const WORDS = set("ambawang amerika arab asia bali bandung banjarmasin barat belanda bengkayang brunei durian entikong eropa hilir hongkong hulu indonesia jakarta jawai jepang jogja kakap kalbar kalimantan kalsel kalteng kaltim kapuas kayong kendawangan ketapang kubu kuching landak lombok makassar malang malaysia maluku mandor medan melawi meliau mempawah ngabang nusa nusantara papua pemangkat pinoh pontianak pusat putussibau rasau raya sambas sanggau sarawak saudi sekadau selatan semarang singapura singkawang sintang sosok sukadana sulawesi sumatera sumatra surabaya taiwan tayan tebas tengah tenggara timur toho trenggalek utara yogyakarta "
  + "adha agt agustus ahad alkitab allah alquran apr april banjar batak bhinneka buddha bugis cap china cina dayak des desember feb februari gawai go hakka hindu iban idul idulfitri imlek inggris islam isra jan januari jawa jul juli jum'at jumat jun juni kamis kanayatn katolik khek kitab konghucu kristen lebaran madura mandarin mar maret maulid meh mei melayu minang minggu miraj nabi natal nov november nyepi okt oktober pancasila paskah protestan puasa quran rabu ramadan ramadhan sabtu selasa senin sep september sunda tionghoa tuhan waisak yesus "
  + "adaptif akuntabel amoksisilin android bansos bapas bappeda berakhlak berorientasi bumdes canva chatgpt covid damkar databoks dinkes dinsos disdukcapil diskominfo driscoll drive dukcapil excel facebook gemini germas gibbs google harmonis honda ialah indosat informasi informatika instagram kember kemenkes kemensos kolaboratif kolb kominfo kompeten komunikasi linmas loyal maps menkominfo musdes musrenbang oppo paracetamol parasetamol pokja pos posbindu powerpoint pramuka prolanis puskesos rp samsung satpol sisi suzuki telegram telkomsel tiktok toyota vivo whatsapp wifi word xiaomi yamaha youtube zoom "
  + "ada adalah adil aduh agar air aja akhir akta alat ambil anak-anak anda andai anggota angka angkat antara antre antrean antri apa assalamualaikum atap atas atau ayah bagaimana bagi bagus bahkan bahwa baik balita banjir bantu banyak bapak-bapak baris baru batas batu bawa bayi beberapa begini begitu bekerja belajar beliau belum benar bentuk bersama besar besok biasa biaya bicara bila bilang bingung bisa blm boleh brief budi buka bukan bukti bunga bungsu butuh cahaya calon cara catat catatan cepat cerita citra coba cocok contoh cukup cuma daerah daftar dalam damai dampak dan dapat dari daripada data datang dekat delapan demi dengan dengar dgn di dia diam dkk dll dokumen dsb dst dua duda duduk dulu dunia empat empati enam enggak engkau etika fajar fakta formulir foto ga gak gang gejala gimana gitu grup habis hadir hal halo hamil hampir hanya harga harus hasil hati hati-hati hening hidup hijau hingga hujan humanis ia ibu-ibu ikut indah ingat ingin ini intan isi istirahat itu iya izin jadi jalan jalur jam janda jangan janji jarang jawab jaya jd jenis jg jika judul juga justru kabar kadang kalau kali kalimat kalo kamera kami kampung kamu kandung kapan karena kasih kasihan kata kau kawan kawin ke kecil kedua keluar kemana kemarin kembali kenapa kepada kerja kertas ketiga ketika kini kirim kita klo kok konsep kpd krn kuat kuning kurang kurnia lagi lahir lain lalu langsung lansia latar lebih lemah lembar lewat lg lihat lima listrik literasi luar lupa maaf mahasiswa maka makasih makin malah malam mana manusia marah mari masih masing-masing masuk masyarakat mau mawar mega melalui melati melihat memang menit menuju merah merasa mereka meski meskipun milik minta minum mobil mohon muda mudah mulai mungkin murid murni nada nah nak namun ombudsman gambar nanti nelayan nggak nilai nomor oh oleh orang org pada padahal padam pagi pakai paling panas panjang para pas pasti pd pedagang peduli pegawai pejabat pemerintah pemilik pemimpin pemohon penduduk penerima penjaga perahu percaya pergi perlu pernah pertama peserta petang petani piatu pilih pindah pintu policy ponsel pribadi publik puji pukul pulang ramah ramai rasa refleksi rekan rekomendasi relawan rencana risiko rusak saat sabar saja sakit salam sama sambil sampai sana sangat saran sari satu saya sayang sdh sebab sebelum sebentar sebuah secara sedang segera sehingga sejak sekali sekarang sekitar selain selalu selama selamat seluruh sementara semoga sempat sempit semua senyum seorang sepanjang seperti sepuluh sering serta sesudah setelah setia setiap setuju siang siapa sibuk sikap silakan sini sinyal sipil siswa situ soal sore sosialisasi suara suasana subuh sudah sudut suka sulung sungguh supaya sy syarat tadi tahu tahun tak takut tamu tanda tanggal tanpa tapi target tdk teks telepon teman tempat tenang tentang tentu tepat terakhir terhadap terima terlalu tetangga tetap tetapi tiap tiba tiba-tiba tidak tidur tiga tim tinggal tiri tolong topik tp truk tua tugas tujuan tujuh tuli tulis tunggu turun tutup uang umum umur untuk untung usia utang utk wah wahyu wajah wajar wakil waktu walau walaupun warga wawancara ya yah yang yatim yg");
const MONTHS = "jan(?:uari)?|feb(?:ruari)?|mar(?:et)?|apr(?:il)?|mei|juni?|juli?|ag(?:u?st?|ustus)|sep(?:t|tember)?|okt(?:ober)?|nov(?:ember)?|des(?:ember)?";
// What Indonesian makes of stems; no name looks so.
const MADE = /^(?:me(?:ng|ny|m[bp]|n[cdjeiu].{3}|[rw][aeou].{3})|pe(?:ng|ny|m[bp])|di[bcdgjkmpstu].{3}|ber[bcdgjkp]|ter[bcdgjklp]|(?:se|ke|pe).{4,}an$)|nya$|.{4}kan$/;
// Short forms that carry a full stop without ending a sentence.
const SHORTENED = /^(?:[a-z]|hj|dr[gsa]?|ir|prof|sdri?|tn|ny|nn|pdt|bpk|st|almh?|sr|br|an|mu?o?hd?)$/;
const SAYS = /^(?:bercerita|cerita|bilang|berkata|kata|mengatakan|menjawab|menangis|nangis|tersenyum|tertawa|mengaku|menunduk|bertanya|nanya|mengangguk|menggeleng|berbisik|menolak|terdiam|mengeluh|berharap|memeluk|tinggal|lahir|sakit|meninggal|berumur|berusia|namanya|diam|duduk)$/;
const PLATES = set("a aa ab ad ae ag b ba bb bd be bg bh bk bl bm bn bp d da db dc dd de dg dh dk dl dm dn dp dr ds dt dw e ea eb ed f g h k kb kh kt ku l m n p pa pb pd pg r s t w z");

const PLAIN = [WORDS, HEADS, ROLES, TITLES, CUES, KIN];
const plain = (low) => PLAIN.some((words) => words.has(low)) || MADE.test(low) || (low.includes("-") && low.split("-").every((part) => part.length < 2 || plain(part)));

/** Find what could identify a citizen: [{start, end, kind, mask}] in UTF-16 units, in order, without overlaps. */
export function find(text) {
  const even = text.replace(/[\t\u00a0\u2007\u202f]/g, " ").replace(/[\u2010-\u2015\u2212]/g, "-").replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/\[[^[\]\n]* disamarkan\]/g, (old) => "\n".repeat(old.length)); // masked before: as if a line ended there
  const marks = [];
  const taken = new Uint8Array(even.length);
  const add = (start, end, kind, replacement = `[${MASKS[kind]} disamarkan]`) => {
    if (taken.subarray(start, end).includes(1)) return;
    taken.fill(1, start, end);
    marks.push({ start, end, kind, mask: replacement });
  };
  for (const [kind, pattern] of SHAPES) for (const match of even.matchAll(pattern)) add(match.index, match.index + match[0].length, kind);
  for (const match of even.matchAll(BIRTH)) {
    const end = match.index + match[0].length;
    if (!match[1]) add(end - match[2].length, end, "birth");
  }
  numbers(even, add);
  plates(even, add);
  addresses(even, add);
  names(even, taken, add);
  return marks.sort((a, b) => a.start - b.start);
}

/** The text with a mask in each mark's place. */
export function mask(text, marks) {
  let done = "";
  let at = 0;
  for (const mark of [...marks].sort((a, b) => a.start - b.start)) {
    done += text.slice(at, mark.start) + mark.mask;
    at = mark.end;
  }
  return done + text.slice(at);
}

const MASKS = { nik: "NIK", nip: "NIP", number: "nomor", phone: "nomor telepon", plate: "nomor kendaraan", email: "surel", address: "alamat", birth: "tanggal lahir", place: "lokasi" };
const SHAPES = [
  ["email", /[\w.+-]{1,64} ?(?:@|\(at\)|\[at\]) ?[\w-]{2,63}(?:\.[a-z]{2,10}){1,3}\b/gi],
  ["place", /(?:https?:\/\/)?(?:maps\.app\.goo\.gl|goo\.gl\/maps|(?:www\.|maps\.)?google\.[a-z.]{2,6}\/maps)[^\s)]*[^\s).,;]/gi],
  ["place", /-?\b\d{1,3}\.\d{4,}[,; ]{1,3}-?\d{1,3}\.\d{4,}|-?\b\d{1,3},\d{4,}[; ]{1,3}-?\d{1,3},\d{4,}/g],
  ["place", /\d{1,3} ?°[\d .,'"\u2032\u2033]{0,16}(?:LU|LS|[NS])[ ,;]{0,3}\d{1,3} ?°[\d .,'"\u2032\u2033]{0,16}(?:BT|E)\b/g],
];
const BIRTH = new RegExp(`(hari )?(?:lahir|\\bttl\\b)[^.!?\\n\\d]{0,40}(\\d{1,2}(?:[ ./-]{1,2}(?:${MONTHS})[ ./-]{1,2}| ?[./-] ?\\d{1,2} ?[./-] ?)(?:19|20)?\\d\\d)(?!\\d)`, "gi");

// -- numbers --------------------------------------------------------------------------------------------------------------------------------
const ACCOUNT = /\b(?:rek|rekening|bri|bca|bni|mandiri|bank kalbar|kk|kartu keluarga|bpjs|kis|jkn|paspor|sim|rekam medis|nisn|npwp)\b[^\d\n]{0,24}$/i;
const CALL = /\b(?:telp?|telepon|hp|wa|whatsapp|kontak|ponsel|nomor(?:nya)?)\b[^\d\n]{0,12}$/i;

// A run of digits and what people write between them; the longest row of whole groups that makes a number of a known kind is marked.
function numbers(text, add) {
  for (const run of text.matchAll(/[+(]{0,2}\d+(?:[ .()-]{1,3}\d+)*/g)) {
    if (run[0].length < 8 || /^[1-9]\d{0,2}(?:\.\d{3})+$/.test(run[0]) || /rp\.? ?$/i.test(text.slice(0, run.index).slice(-4))) continue; // money
    const groups = [...run[0].matchAll(/\d+/g)];
    for (let i = 0; i < groups.length; i += 1) {
      const from = run.index + groups[i].index;
      const before = text.slice(Math.max(0, from - 50), from);
      for (let j = Math.min(groups.length, i + 9) - 1; j >= i; j -= 1) {
        const end = run.index + groups[j].index + groups[j][0].length;
        const kind = numberKind(groups.slice(i, j + 1).map((group) => group[0]), before);
        if (!kind) continue;
        const opened = i ? from : run.index;
        add(text[opened] === "(" && !text.slice(opened, end).includes(")") ? opened + 1 : opened, end, kind);
        i = j;
        break;
      }
    }
  }
}

function numberKind(parts, before) {
  const digits = parts.join("");
  const length = digits.length;
  if (length === 18 && (/^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:19|20)\d\d(?:0[1-9]|1[0-2]|2[1-9])[12]\d{3}$/.test(digits) || /\bnip\W*$/i.test(before))) return "nip";
  if (length === 16 && /^(?:1[1-9]|[2-9]\d)\d{4}(?:0[1-9]|[12]\d|3[01]|4[1-9]|[56]\d|7[01])(?:0[1-9]|1[0-2])\d{6}$/.test(digits)) return ACCOUNT.test(before) && !/\bnik\W*$/i.test(before) ? "number" : "nik";
  if (length > 14 && length < 18 && /\bnik\W*(?:\p{L}+\W+)?$/iu.test(before)) return "nik";
  if (/^(?:62|620|0)8[1-9]\d{7,10}$/.test(digits) && parts[0] !== "08") return "phone";
  if (/^(?:62|0)[2-79]\d{1,2}[1-9]\d{4,7}$/.test(digits) && length < 13 && (parts.length === 1 ? length > 8 : /^(?:62|0\d\d\d?)$/.test(parts[0]))) return "phone";
  if (/^8[1-9]\d{7,10}$/.test(digits) && CALL.test(before)) return "phone";
  if (length > 7 && length < 21 && ACCOUNT.test(before) && parts[1]?.length !== 1) return "number"; // 5.1.02: a budget line
  if (length > 9 && length < 21 && !digits.startsWith("0800") && (parts.length === 1 || parts.every((part) => part.length === 4))) return "number";
  return "";
}

function plates(text, add) {
  for (const match of text.matchAll(/(^|[^\p{L}\d])([a-z]{1,2})[ .-]?(\d{1,4})[ .-]?([a-z]{1,3})(?![\p{L}\d])/giu)) {
    const [all, lead, region, digits, tail] = match;
    const start = match.index + lead.length;
    const upper = region + tail === (region + tail).toUpperCase();
    const said = /(?:p[e]?lat|nopol|polisi|motor|mobil|truk|ambulans|pick ?up|kendaraan|bus)[^.\n]{0,30}$/i.test(text.slice(Math.max(0, start - 45), start));
    const unit = plain(tail.toLowerCase()) || /^(?:rb|jt|kg|km|ml|m|cm|mg|th|thn|bln|jp)$/i.test(tail);
    const sure = upper ? digits.length > 2 && !(region === "H" && tail === "M") : region.length === 2 && digits.length > 2;
    if (PLATES.has(region.toLowerCase()) && (upper || !unit) && (said || sure)) add(start, match.index + all.length, "plate");
  }
}

// -- addresses ------------------------------------------------------------------------------------------------------------------------------
const KEYS = /(^|[^\p{L}])(?:(?:(jalan|gang|lorong|kompleks?|perumahan)|dusun|desa|kelurahan|kampung) |(?:(jln?|gg|lr|perum)|dsn|ds|kel|kp)(?:\. ?| ))(?=[\p{L}\d])/giu;
const HOUSE = /(\brumah |)\b(?:(?:RT|RW)\b\.? ?\/? ?(?:RW\b\.?)? ?:? ?\d{1,3}(?: ?\/ ?\d{1,3})?|(no|nomor)\b\.? ?\d{1,4} ?[a-z]?|blok [a-z]{0,2}-?\d{1,3}|blok [a-z])(?![\p{L}\d])/giu;
const AFTER = /^(?:kec|kecamatan|kab|kabupaten|kota|prov|provinsi|rt|rw|no|nomor|blok|desa|dusun|kelurahan|kel|gang|gg)$/;
const GENERAL = set("siaga wisata mandiri tangguh tertinggal adat digital kb halaman kaki keluar itu ini tersebut dan di yang kami saya kita");

// Streets, hamlets, villages, house numbers; what stands side by side is one address. Districts and what is larger stay.
function addresses(text, add) {
  const pieces = [];
  for (const key of text.matchAll(KEYS)) {
    const word = /(\p{L}[\p{L}'-]*|\d{1,3}[a-z]?(?![\p{L}\d.]))( ?)/iuy;
    const street = key[2] || key[3];
    let end = word.lastIndex = key.index + key[0].length;
    let style = "";
    for (let count = 0; count < 5; count += 1) {
      const next = word.exec(text);
      const low = next?.[1].toLowerCase();
      if (!next || AFTER.test(low) || (!count && GENERAL.has(low))) break;
      const is = /\d/.test(low) ? "number" : low[0] === next[1][0] ? "lower" : "capital";
      if (is === "capital" && !count && plain(low) && (street || !HEADS.has(low)) && !/\p{Lu}/u.test(key[0])) break; // "kampung Bapak"
      if (is === "number" && (!street || (key[2] && !count && /jalan/i.test(key[2])))) break;
      if (is === "lower" && (!street || style === "capital" || count > 2 || /jalan/i.test(street) || (WORDS.has(low) && low !== "raya") || (key[2] && plain(low)))) break;
      style ||= is;
      end = next.index + next[1].length;
      if (!next[2]) break;
    }
    if (style) pieces.push({ start: key.index + key[1].length, end, alone: true });
  }
  for (const match of text.matchAll(HOUSE)) {
    pieces.push({ start: match.index + match[1].length, end: match.index + match[0].length, alone: Boolean(match[1]) || !match[2] });
  }
  pieces.sort((a, b) => a.start - b.start || b.end - a.end);
  let whole = null;
  const close = () => { if (whole?.alone) add(whole.start, whole.end, "address"); };
  for (const piece of pieces) {
    if (whole && (piece.start < whole.end || /^[ ,./()-]{0,3}$/.test(text.slice(whole.end, piece.start)))) {
      whole.end = Math.max(whole.end, piece.end);
      whole.alone ||= piece.alone;
    } else {
      close();
      whole = { ...piece };
    }
  }
  close();
}

// -- names ----------------------------------------------------------------------------------------------------------------------------------

function names(text, taken, add) {
  const tokens = tokensOf(text, taken);
  const found = [];
  for (let i = 0; i < tokens.length; i += 1) {
    const called = afterTitle(text, tokens, i);
    if (called) found.push(called);
    else if (tokens[i].capital && (!plain(tokens[i].low) || (NAMES.has(tokens[i].low) && !tokens[i].init && !(tokens[i].joined && tokens[i - 1].capital)))) {
      const weak = { first: i, last: runEnd(tokens, i, false) };
      if (isName(text, tokens, weak)) found.push(weak);
      i = weak.last;
    }
    if (called) i = called.last;
  }
  letters(text, tokens, again(tokens, found), add);
}

function tokensOf(text, taken) {
  const tokens = [];
  let before = { end: 0, word: "", low: "" };
  for (const match of text.matchAll(/\p{L}[\p{L}'-]*/gu)) {
    const word = match[0];
    const low = word.toLowerCase();
    const gap = text.slice(before.end, match.index);
    const joined = /^ {1,2}$/.test(gap) || (/^\. ?$/.test(gap) && SHORTENED.test(before.low) && !(before.init && before.word.length === 1 && !TITLES.has(before.low)));
    const caps = word.length > 1 && word === word.toUpperCase();
    const capital = low[0] !== word[0] && (!caps || word.length > 5 || NAMES.has(low)); // KTP is no name
    const token = { start: match.index, end: match.index + word.length, word, low, gap, joined, capital, caps, init: !tokens.length || (!joined && /[\n.!?…:"“”•*>|]|^ ?- /.test(gap)) };
    if (!taken[token.start]) tokens.push(token);
    before = token;
  }
  return tokens;
}

// "Pak RT Hasan", "bu siti", "namanya: Riski", "anaknya udin": the name after what announces one, or nothing.
function afterTitle(text, tokens, i) {
  const title = tokens[i].low;
  const cue = CUES.has(title);
  if (!cue && !TITLES.has(title) && !KIN.has(title)) return null;
  let at = i + 1;
  while (tokens[at]?.joined && (ROLES.has(tokens[at].low) || TITLES.has(tokens[at].low))) at += 1;
  const token = tokens[at];
  if (!token || !(token.joined || (cue && /^[:,]? ?["“']?$/.test(token.gap)))) return null;
  const known = NAMES.has(token.low);
  if (token.capital ? !known && plain(token.low) : token.caps || !(known && (SHORT.has(title) || !WORDS.has(token.low))) && !(SHORT.has(title) && token.word.length > 2 && !plain(token.low))) return null;
  const last = runEnd(tokens, at, true);
  if (token.word.length === 1 && last === at) return null;
  return { first: at, last, titled: !cue && !KIN.has(title) };
}

// The last token of a row of capitalised words that are no ordinary ones, "bin" and the like between them.
function runEnd(tokens, first, called) {
  let last = first;
  for (;;) {
    const next = tokens[last + 1];
    const goesOn = (token) => token?.joined && (token.capital ? NAMES.has(token.low) || !plain(token.low) : called && NAMES.has(token.low) && !WORDS.has(token.low));
    if (goesOn(next) || (last > first && next?.joined && next.word === "Mei")) last += 1; // Lim Siu Mei
    else if (next?.joined && (/^(?:bin(?:ti)?|alias)$/.test(next.low) || (next.capital && WORDS.has(next.low))) && tokens[last + 2]?.capital && goesOn(tokens[last + 2])) last += 2; // "bin", Lim Kok Seng
    else return last;
  }
}

// Capitalised words that nothing announces: inside a sentence probably a name; at its beginning only with a sign.
function isName(text, tokens, { first, last }) {
  const run = tokens.slice(first, last + 1);
  const known = run.some((token) => NAMES.has(token.low) && (last > first || !tokens[first].init || !WORDS.has(token.low)));
  const before = tokens[first].joined ? tokens[first - 1]?.low : "";
  if ((!known && run.filter((token) => token.word.length > 1).length < (run.length > 1 ? 2 : 1)) || ofAnOffice(tokens, first) || before === "di") return false;
  if (run.every((token) => token.caps || token.word.length === 1)) return run.some((token) => NAMES.has(token.low) && token.word.length > 3);
  if (known) return true;
  if ((/^(?:ke|dari|asal|daerah|wilayah|dalam|pada)$/.test(before) && !KIN.has(tokens[first - 2]?.low)) || isHeading(text, tokens[first].start)) return false;
  if (!tokens[first].init || last > first) return true;
  const next = tokens[last + 1];
  const after = tokens[last + 2];
  return Boolean(next?.joined && (SAYS.test(next.low) || (next.low === "dan" && after?.joined && after.capital && !plain(after.low)))) || /^(?:, (?:umur )?\d\d tahun| \(\d\d\b)/.test(text.slice(tokens[last].end, tokens[last].end + 16));
}

function ofAnOffice(tokens, first) {
  for (let i = first; tokens[i]?.joined && i > 0; i -= 1) {
    if (HEADS.has(tokens[i - 1].low)) return true;
    if (!tokens[i - 1].capital) return false;
  }
  return false;
}

function isHeading(text, at) {
  const [line] = text.slice(text.lastIndexOf("\n", at) + 1).split("\n", 1);
  if (line.length > 100 || /[.!?](?:\s|$)/.test(line)) return false;
  const words = line.match(/\p{L}+/gu);
  return words.length > 3 && words.filter((word) => word[0] !== word[0].toLowerCase()).length > words.length * 0.6;
}

// What was a name once is a name everywhere in the text.
function again(tokens, found) {
  const seen = new Set();
  const used = new Set();
  for (const { first, last } of found) {
    for (let i = first; i <= last; i += 1) {
      used.add(i);
      if (tokens[i].word.length > 2) seen.add((tokens[i].capital ? "" : "-") + tokens[i].low);
    }
  }
  for (const [i, token] of tokens.entries()) {
    const same = token.capital ? seen.has(token.low) && !token.caps : seen.has(`-${token.low}`) && !WORDS.has(token.low);
    if (same && !used.has(i) && !ofAnOffice(tokens, i) && !(token.joined && tokens[i - 1]?.low === "di")) found.push({ first: i, last: i });
  }
  return found.sort((a, b) => a.first - b.first);
}

// The same letter for the same person, and none that the text uses already.
function letters(text, tokens, found, add) {
  const people = [];
  const there = new Set(text.match(/\b[A-Z]\d*\b/g));
  let count = 0;
  for (const { first, last, titled } of found) {
    const words = tokens.slice(first, last + 1).map((token) => token.low);
    let person = people.find((one) => words.every((word) => one.words.includes(word)) || one.words.every((word) => words.includes(word)));
    if (!person) {
      person = { words };
      do person.letter = String.fromCharCode(65 + (count % 26)) + (Math.floor(count++ / 26) || ""); while (there.has(person.letter));
      people.push(person);
    }
    add(tokens[first].start, tokens[last].end, "name", titled ? person.letter : `${tokens[first].init ? "W" : "w"}arga ${person.letter}`);
  }
}
