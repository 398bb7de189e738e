"""The words in feeds' dates: names of months in many languages, and abbreviations of time zones.

Ambiguous words are left out: `listopad` is October in Croatian and November in Polish; `BST` and
`IST` are several time zones.
"""

from __future__ import annotations

import unicodedata

_MONTHS = (
    "january jan januar janner janvier janv enero ene gennaio gen janeiro januari tammikuu "
    "tammikuuta tammi styczen "
    "stycznia sty leden ledna ianuarie ian ocak oca январь января янв січень січня січ "
    "ιανουάριος ιανουαρίου ιαν يناير",
    "february feb februar feber fevrier fevr fev febrero febbraio fevereiro februari "
    "helmikuu helmikuuta helmi luty "
    "lutego lut unor unora februarie subat sub февраль февраля февр фев лютий лютого лют "
    "φεβρουάριος φεβρουαρίου φεβ فبراير شباط",
    "march mar marz maerz mrz mars marzo marco maart mrt maaliskuu maaliskuuta maalis marzec "
    "marca brezen brezna "
    "martie mart marcius marc maret март марта мар березень березня бер "
    "μάρτιος μαρτίου μαρ مارس آذار",
    "april apr avril avr abril abr aprile huhtikuu huhtikuuta huhti kwiecien kwietnia kwi "
    "duben dubna aprilie nisan "
    "nis aprilis апрель апреля апр квітень квітня квіт кві "
    "απρίλιος απριλίου απρ أبريل إبريل نيسان",
    "may mai mayo maggio mag maio mei maj maja toukokuu toukokuuta touko kveten kvetna mayis "
    "majus май мая травень "
    "травня трав тра "
    "μάιος μαΐου μαι مايو أيار",
    "june jun juni juin junio giugno giu junho kesakuu kesakuuta kesa czerwiec czerwca cze "
    "cerven cervna iunie iun "
    "haziran haz junius июнь июня июн червень червня черв чер "
    "ιούνιος ιουνίου ιουν يونيو يونيه حزيران",
    "july jul juli juillet juil julio luglio lug julho heinakuu heinakuuta heina lipiec "
    "lipca cervenec cervence iulie "
    "iul temmuz tem julius июль июля июл липень липня лип "
    "ιούλιος ιουλίου ιουλ يوليو يوليه تموز",
    "august aug aout agosto ago augustus augusti elokuu elokuuta elo sierpien sierpnia sie "
    "srpen srpna agustos agu "
    "augusztus agustus август августа авг серпень серпня серп сер "
    "αύγουστος αυγούστου αυγ أغسطس آب",
    "september sep sept septembre septiembre settembre set setembro syyskuu syyskuuta syys "
    "wrzesien wrzesnia wrz zari "
    "septembrie eylul eyl szeptember szept сентябрь сентября сент сен вересень вересня вер "
    "σεπτέμβριος σεπτεμβρίου σεπ سبتمبر أيلول",
    "october oct oktober okt octobre octubre ottobre ott outubro out lokakuu lokakuuta loka "
    "pazdziernik pazdziernika "
    "paz rijen rijna octombrie ekim eki октябрь октября окт жовтень жовтня жовт жов "
    "οκτώβριος οκτωβρίου οκτ أكتوبر",
    "november nov novembre noviembre novembro marraskuu marraskuuta marras noiembrie noi "
    "kasim kas ноябрь ноября нояб "
    "ноя листопад листопада лист лис "
    "νοέμβριος νοεμβρίου νοε نوفمبر",
    "december dec dezember dez decembre diciembre dic dicembre dezembro joulukuu joulukuuta "
    "joulu grudzien grudnia gru "
    "prosinec prosince decembrie aralik ara desember des декабрь декабря дек грудень грудня "
    "груд гру "
    "δεκέμβριος δεκεμβρίου δεκ ديسمبر",
)


def unaccented(text: str) -> str:
    """Returns a text without accents and invisible characters, with full-width forms as ASCII."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("−", "-"))
    kept = "".join(sign for sign in parts if unicodedata.category(sign) not in {"Mn", "Cf"})
    return unicodedata.normalize("NFC", kept)


MONTHS = dict[str, int]()
"""The number of each month by its name, in lower case and without accents."""
for _number, _words in enumerate(_MONTHS, start=1):
    for _word in _words.split():
        MONTHS[unaccented(_word).casefold()] = _number

# RFC 822 §5.1, then zones with only one meaning worldwide.
_HOURS_EAST = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "NDT": -2.5, "BRT": -3, "BRST": -2, "ART": -3,
    "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "TRT": 3, "WAT": 1, "CAT": 2, "SAST": 2, "EAT": 3, "PKT": 5, "NPT": 5.75,
    "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9,
    "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "AWST": 8, "JST": 9, "KST": 9,
    "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
ZONES = {name: round(hours * 60) for name, hours in _HOURS_EAST.items()}
"""Minutes east of UTC by abbreviation."""
