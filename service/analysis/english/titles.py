"""The titles that stand before a name."""

from service.analysis.english.words import word_set

MALE_TITLES = word_set(
    """
    mr mr. sir lord king prince sheikh sheik father brother baron duke count emperor pope imam rabbi
    """
)

FEMALE_TITLES = word_set(
    """
    mrs mrs. ms ms. miss madam dame lady queen princess sister baroness duchess countess empress
    """
)

TITLES = (
    MALE_TITLES
    | FEMALE_TITLES
    | word_set(
        """
    dr dr. prof prof. professor sen sen. rep rep. gov gov. gen gen. lt lt. col col. capt capt. maj maj. sgt sgt. adm
    adm. cmdr cmdr. hon hon. rev rev. st president senator representative governor secretary minister premier
    chancellor ambassador general colonel captain major sergeant admiral commander judge justice chief mayor
    congressman congresswoman councillor councilor councilman councilwoman speaker chairman chairwoman chair
    director prime vice deputy former ex-president pm mp attorney lawyer analyst spokesman spokeswoman spokesperson
    pastor bishop cardinal archbishop reverend doctor officer inspector detective superintendent constable
    commissioner leader founder economist historian journalist reporter author actor actress singer coach striker
    teacher student
    """
    )
)

# Titles that make a name of two words a person's, whatever a tagger thinks of it.
BEFORE_NAMES = word_set("mr mr. mrs mrs. ms ms. sen. rep. gov. dr. prof.")

# Offices as they are written before a name: patterns of regular expressions.
OFFICES = (
    *("Chair(?:man|woman)?", "Director", "Secretary", "Minister", "President", "Senators?", r"Sens?\.", r"Reps?\."),
    *(r"Govs?\.", "Governor", "Representatives?", "Chief", "Spokes(?:man|woman|person)", "Manager", "Strategist"),
    *("Reporter", "Editor", "Correspondent", "Chancellor", "Ambassador", "Commissioner", "Leader", "Speaker", "Mayor"),
    "Premier",
)

# What a title says somebody is.
TITLE_NOUNS = {
    "sen": "senator",
    "sen.": "senator",
    "gov": "governor",
    "gov.": "governor",
    "rep": "representative",
    "rep.": "representative",
    "gen": "general",
    "gen.": "general",
    "prof": "professor",
    "prof.": "professor",
    "pm": "minister",
    "prime": "minister",
    "dr": "doctor",
    "dr.": "doctor",
    "congressman": "representative",
    "congresswoman": "representative",
    "col": "colonel",
    "col.": "colonel",
}
