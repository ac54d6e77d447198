"""Invented people and agencies. Any likeness to a real person is chance; the district does not exist."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from lms.people.models import Category

PASSWORD = "peduli-demo"  # noqa: S105 - printed on the sign-in page of the demonstration
DOMAIN = "demo.example"
DISTRICT = "Pemerintah Kabupaten Sungai Raya Hulu"
OTHER_DISTRICT = "Pemerintah Kabupaten Tepian Barat"  # on the other side of the time-zone border

# name, short name, further spellings
AGENCIES = (
    ("Badan Kepegawaian dan Pengembangan Sumber Daya Manusia", "BKPSDM", ("BKD", "BKPP")),
    ("Dinas Kesehatan, Pengendalian Penduduk dan Keluarga Berencana", "Dinkes PPKB", ("Dinas Kesehatan", "Dinkes")),
    ("Dinas Pendidikan dan Kebudayaan", "Disdikbud", ("Dinas Pendidikan", "Disdik")),
    ("Dinas Kependudukan dan Pencatatan Sipil", "Disdukcapil", ("Dukcapil", "Capil")),
    ("Dinas Sosial, Pemberdayaan Perempuan dan Perlindungan Anak", "Dinsos PPPA", ("Dinas Sosial", "Dinsos")),
    ("Dinas Perhubungan", "Dishub", ()),
    ("Dinas Komunikasi dan Informatika", "Diskominfo", ("Kominfo",)),
    ("Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu", "DPMPTSP", ("DPMPTSP",)),
    ("Dinas Pemberdayaan Masyarakat dan Desa", "DPMD", ("Dinas PMD",)),
    ("Dinas Pertanian dan Ketahanan Pangan", "Distan", ("Dinas Pertanian",)),
    ("Dinas Perikanan", "Diskan", ()),
    ("Dinas Pekerjaan Umum dan Penataan Ruang", "PUPR", ("Dinas PU",)),
    ("Badan Penanggulangan Bencana Daerah", "BPBD", ()),
    ("Satuan Polisi Pamong Praja", "Satpol PP", ()),
    ("Inspektorat", "Inspektorat", ()),
    ("Sekretariat Daerah", "Setda", ("Sekda",)),
    ("Rumah Sakit Umum Daerah Sungai Raya Hulu", "RSUD", ()),
    ("Kecamatan Muara Telang", "Kec. Muara Telang", ()),
)

# name, woman, index of the agency; mixed across the communities of Kalimantan.
NAMES = (
    ("Rukmini Saputri", True, 1),
    ("Yohanes Antonius Lawing", False, 3),
    ("Tan Mei Lin", True, 6),
    ("Abdul Hamid", False, 4),
    ("Fransiska Ngumpar", True, 2),
    ("Slamet Riyadi Putra", False, 5),
    ("Dayang Nurhaliza", True, 7),
    ("Markus Jelihan", False, 8),
    ("Siti Khadijah", True, 1),
    ("Bong Khin Fui", False, 9),
    ("Maria Goreti Sulau", True, 17),
    ("Muhammad Syafiq", False, 12),
    ("Wahyu Prasetyo", False, 11),
    ("Nurul Aini", True, 16),
    ("Petrus Kanisius Ayong", False, 10),
    ("Lim Siau Hong", True, 14),
    ("Halimah Tusakdiah", True, 3),
    ("Agustinus Bujang", False, 13),
    ("Sri Wahyuni", True, 2),
    ("Iskandar Zulkarnain", False, 15),
    ("Theresia Rinyuakng", True, 1),
    ("Budi Hartono", False, 6),
    ("Rahmatullah", False, 17),
    ("Chin Jun Nyan", True, 7),
    ("Kristina Dungo", True, 4),
    ("Ahmad Fauzan", False, 8),
    ("Uray Devi Kartika", True, 16),
    ("Stefanus Ngo", False, 5),
    ("Marlina Sihombing", True, 2),
    ("Hendra Gunawan", False, 9),
    ("Norhayati", True, 1),
    ("Yulius Sandi", False, 12),
    ("Sumarni", True, 10),
    ("Rizky Ramadhan", False, 6),
    ("Veronika Apoi", True, 3),
    ("Moch. Taufik", False, 13),
    ("Lusiana Tjong", True, 14),
    ("Damianus Kuling", False, 11),
    ("Raihana Zahra", True, 4),
    ("Suparman", False, 17),
    ("Elisabet Bulan", True, 2),
    ("Jamaludin", False, 15),
    ("Tri Astuti Handayani", True, 16),
    ("Gusti Arya Perdana", False, 7),
    ("Yosefina Lerek", True, 1),
    ("Baharuddin", False, 5),
    ("Kho Lie Sin", True, 8),
    ("Andreas Tukau", False, 9),
    ("Mahmudah", True, 3),
    ("Dwi Cahyono", False, 10),
    ("Nabila Safitri", True, 6),
    ("Herkulanus Jati", False, 2),
)

TITLES = ("S.Kep.", "S.Sos.", "S.IP.", "A.Md.Kom.", "S.Pd.", "S.T.", "S.K.M.", "S.E.", "", "A.Md.Keb.")
POSITIONS = (
    "Pengadministrasi Perkantoran",
    "Pranata Komputer Terampil",
    "Perawat Terampil",
    "Penyuluh Sosial Ahli Pertama",
    "Analis Kebijakan Ahli Pertama",
    "Guru Ahli Pertama",
    "Bidan Terampil",
    "Pengelola Layanan Operasional",
    "Pranata Hubungan Masyarakat Ahli Pertama",
)


@dataclass(frozen=True, slots=True)
class Invented:
    """A person of the demonstration before they exist."""

    number: int
    name: str
    title_after: str
    agency: int
    category: Category
    employee_number: str | None
    position: str
    institution: str
    time_zone: str

    @property
    def email(self) -> str:
        """Return the address; the first learner has the account that is printed."""
        return f"learner@{DOMAIN}" if self.number == 0 else f"peserta{self.number + 1:02d}@{DOMAIN}"


def invented() -> list[Invented]:
    """Return the 52 people: CPNS and PNS, PPPK, graduates of a civil-service school and guests without a number."""
    people = []
    for number, (name, woman, agency) in enumerate(NAMES):
        category = _category(number)
        guest = category is Category.GUEST
        people.append(
            Invented(
                number=number,
                name=name,
                title_after=TITLES[number % len(TITLES)],
                agency=agency,
                category=category,
                employee_number=_number(number, category, woman=woman),
                position=POSITIONS[number % len(POSITIONS)],
                institution=OTHER_DISTRICT if guest else "",
                time_zone="Asia/Makassar" if guest or number % 13 == 5 else "",
            )
        )
    return people


def _category(number: int) -> Category:
    if number % 17 == 16:
        return Category.GUEST
    if number % 11 == 10:
        return Category.GRADUATE
    if number % 5 == 3:
        return Category.PPPK
    return Category.PNS if number % 7 == 6 else Category.CPNS


def _number(number: int, category: Category, *, woman: bool) -> str | None:
    """Return an invented number of the right shape, or None for those who have none."""
    if category in {Category.GUEST, Category.GRADUATE}:
        return None
    born = dt.date(1986, 1, 15) + dt.timedelta(days=number * 97)
    appointed = "202521" if category is Category.PPPK else ("201903" if category is Category.PNS else "202503")
    return f"{born:%Y%m%d}{appointed}{2 if woman else 1}{number + 1:03d}"
