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
