"""Closed lists of English words that the stages after the model look at. General vocabulary; no names of the day.

The given names are the commonest of several languages whose bearers are nearly all of one gender; a name that is not
here is of unknown gender, which rules nobody out.
"""

import re
from enum import StrEnum


class Gender(StrEnum):
    """The gender that a text's pronouns and titles show."""

    FEMALE = "female"
    MALE = "male"


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list written as running text."""
    return frozenset(text.split())


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

MALE_ROLES = word_set(
    """
    man boy father son brother husband uncle grandfather king prince chairman spokesman businessman congressman
    councilman policeman actor gentleman salesman sportsman cameraman nephew grandson widower monk priest fisherman
    """
)
FEMALE_ROLES = word_set(
    """
    woman girl mother daughter sister wife aunt grandmother queen princess chairwoman spokeswoman businesswoman
    congresswoman councilwoman policewoman actress lady saleswoman sportswoman niece granddaughter widow nun
    waitress
    """
)

PERSON_ROLES = (
    MALE_ROLES
    | FEMALE_ROLES
    | word_set(
        """
    president minister premier chancellor senator representative lawmaker legislator congressperson governor mayor
    secretary ambassador diplomat envoy official officer analyst expert economist scientist researcher professor
    scholar academic historian author writer novelist journalist reporter correspondent columnist commentator editor
    critic blogger lawyer attorney judge justice prosecutor solicitor barrister magistrate sheriff detective
    inspector chief leader head boss director manager executive ceo founder co-founder chair chairperson
    spokesperson speaker aide adviser advisor strategist consultant pollster candidate nominee politician activist
    campaigner advocate organizer organiser contender challenger incumbent rival opponent supporter veteran soldier
    general colonel captain commander doctor physician nurse surgeon teacher student pupil worker farmer trader
    investor banker entrepreneur owner resident citizen voter witness victim survivor suspect defendant plaintiff
    driver passenger player coach striker singer musician artist filmmaker comedian star celebrity billionaire mogul
    tycoon pope bishop archbishop cardinal pastor reverend imam rabbi cleric monarch emperor sultan dictator ruler
    republican democrat conservative liberal socialist libertarian moderator host anchor interviewer guest member
    councillor councilor councilmember commissioner superintendent deputy parliamentarian mp counsel ombudsman
    auditor accountant engineer architect developer designer psychologist psychiatrist sociologist philosopher
    theologian biologist physicist chemist epidemiologist statistician neighbor neighbour friend colleague partner
    parent relative cousin source insider whistleblower negotiator mediator pilot astronaut sailor fisherman hunter
    miner builder chef waiter model athlete champion swimmer runner chieftain elder prophet preacher evangelist
    missionary appointee successor predecessor magnate newcomer freshman first-termer front-runner frontrunner
    treasurer provost dean principal rector vice-chancellor neurosurgeon millionaire rapper documentarian financier
    poet pundit producer lieutenant sergeant spouse donor fundraiser goalkeeper quarterback legend teenager curator
    painter composer conductor dancer gardener taxpayer maverick firebrand hopeful texan vermonter
    """
    )
)

BODY_ROLES = word_set(
    """
    government administration ministry department agency bureau office service authority commission committee
    council court tribunal parliament senate congress assembly cabinet house board party coalition alliance bloc
    movement group organization organisation association federation union confederation league society foundation
    institute institution university college school company firm corporation manufacturer carrier airline bank
    lender insurer network channel broadcaster station newspaper paper magazine publication outlet website tabloid
    weekly daily journal army military police force command regime junta campaign team club charity nonprofit
    watchdog regulator think-tank thinktank embassy consulate mission church mosque diocese state country nation
    kingdom republic city province region district municipality village community tribe pentagon kremlin militia
    rebels faction panel delegation secretariat treasury conference forum centre center lab laboratory hospital
    startup retailer automaker maker giant publisher studio label fund trust cooperative archive archives chamber
    presidency premiership directorate
    """
)

DOCUMENT_ROLES = word_set(
    """
    statement report letter poll survey study document paper memo memorandum tweet post article editorial column
    transcript email e-mail message press-release release communique communiqué declaration resolution bill law act
    ruling verdict judgment judgement lawsuit complaint filing petition indictment affidavit order decree book
    memoir video ad advertisement commercial speech testimony audit review analysis briefing dispatch notice
    manifesto platform agreement treaty pact constitution budget proposal plan figures data statistics results
    findings polls surveys reports studies documents letters tweets posts images records average index polling
    ballot questionnaire note blog interview op-ed caption headline inscription inscriptions banner banners sign
    regulation regulations rules argument arguments missive film documentary movie novel song account assessment
    estimate estimates forecast remarks words commentary finding submission
    """
)

# Works with titles: "the film" is the one that the article names.
WORKS = word_set("film documentary movie novel book memoir show series play song album essay")

# What a publication says in one of these it says itself: "a Valley Times article".
PIECES = word_set("article editorial story column op-ed")

# The anonymous voice of a body: what such a one says is the body's word.
VOICES = word_set(
    """
    spokesman spokeswoman spokesperson spokespersons spokespeople spokesmen representative representatives
    """
)

COLLECTIVES = word_set(
    """
    officials people voters residents analysts experts critics supporters opponents lawmakers protesters
    demonstrators activists leaders families relatives parents students workers scientists researchers economists
    observers sources members republicans democrats conservatives liberals candidates witnesses aides advisers
    advisors strategists authorities police prosecutors lawyers investigators diplomats politicians doctors farmers
    users readers others some many most few several both women men americans respondents historians journalists
    reporters media pundits executives operatives donors campaigners advocates victims survivors neighbors
    neighbours friends colleagues teachers unions companies groups parties countries nations governments
    organizations organisations senators representatives governors ministers soldiers veterans rebels separatists
    fans investors traders employees staffers staff
    """
)

MASCULINE = word_set("he him his himself")
FEMININE = word_set("she her hers herself")
PLURAL = word_set("they them their theirs themselves")
NEUTER = word_set("it its itself")
RELATIVE = word_set("who whom whose which that")
FIRST_SINGULAR = word_set("i me my mine myself")
FIRST_PLURAL = word_set("we us our ours ourselves")
SECOND = word_set("you your yours yourself yourselves")
GENERIC = word_set("one nobody everyone everybody anyone anybody somebody someone none")
PRONOUNS = MASCULINE | FEMININE | PLURAL | NEUTER | RELATIVE | FIRST_SINGULAR | FIRST_PLURAL
POSSESSIVES = word_set("his her its their my our your")
DEFINITES = word_set("the this that these those same")
INDEFINITES = word_set("a an another one some many most several few other all both no any two three four five")

FIRST_NAMES_MALE = word_set(
    """
    aaron abdul abdullah abraham adam adrian ahmad ahmed alan albert alex alexander alexei alfred ali allen ambrose
    amir andre andreas andrei andrew andy angelo angus anthony antonio arthur ashraf ban barack barry bashar ben
    benjamin bernard bernie bill billy bob bobby boris brad bradley brandon brendan brett brian bruce bryan byron
    carl carlos carter cesar charles charlie chris christian christopher chuck clarence claude clive colin conor
    craig curtis cyril dale damian dan daniel danny darren dave david dean dennis derek desmond diego dick dmitri
    dmitry dominic don donald doug douglas duncan dwight earl ed eddie edgar edmund eduardo edward edwin emmanuel
    enrique eric ernest ethan eugene evan fadi felipe felix ferdinand fernando francis francisco franco frank
    franklin fred frederick gabriel gareth gary gavin geoffrey george gerald gerard gerhard gilbert glenn gordon
    graham grant greg gregory guillermo gustavo guy hamid hans harold harry harvey hasan hassan hector heinrich
    henry herbert herman howard hubert hugh hugo hussein ian ibrahim igor imran isaac ismail ivan jack jackson jacob
    jaime jake jamal james jan jared jason javier jay jean jeff jeffrey jeremy jerome jerry jesus jim jimmy joaquin
    joe joel johann john johnny jon jonathan jorge jose joseph josh joshua juan julian julio justin karl keith ken
    kenneth kevin khalid kofi kumar kurt kyle lance larry lars laurence lawrence lee leon leonard leonid leroy lewis
    liam lindsey lloyd lou louis lucas luis luke mahmoud malcolm manuel marc marco marcus mario mark martin marvin
    matt matteo matthew maurice max maxim michael miguel mike mikhail milan mitch mitt mohamed mohammad mohammed
    moses muhammad murray mustafa narendra nasser nathan neil nelson nicholas nick nicolas nigel nikita nikol
    nikolai noah norman oleg oliver omar oscar owen pablo patrick paul pedro peter phil philip phillip pierre rafael
    rahul raj rajesh ralph ramon rand randy raul ray raymond recep reince rex ricardo richard rick rob robert
    roberto robin rodney rodrigo roger roland ron ronald ross roy rudolph rudy rupert russell ryan salman salvador
    sam samuel santiago scott sean sebastian sergei sergey sergio seth shane shaun shawn sidney simon stanley stefan
    stephen steve steven stewart stuart syed ted teddy terrence thomas tim timothy todd tom tommy tony trevor tyler
    vernon victor vijay vincent vladimir volodymyr walter warren wayne wesley wilfred will william winston wolfgang
    xavier yasser yuri yusuf zachary ara andriy anders arnold bernardo bilal boaz christophe didier emil fabio farid
    giorgio giovanni giuseppe hiroshi isaiah jens jesse jorg kamal kenji khaled kwame lionel luca luigi marek masood
    mehmet mohan nana naveen nawaz olaf olivier osama pascal pavel piotr prakash ramesh rashid ravi sanjay shahid
    shehu stanislav sunil suresh takeshi taro tayyip thabo thierry tomas umar usman viktor vinod walid wojciech
    yasuo yoweri zoran fumio shinzo milos vaclav petr jaroslav gerardo alberto alejandro alvaro rolando rodolfo
    """
)
FIRST_NAMES_FEMALE = word_set(
    """
    abigail aida aisha alexandra alice alicia alison allison amanda amber amelia amina amy ana andrea angela
    angelina anita ann anna anne annie april arlene ashley audrey barbara beatrice becky bella bernadette beth betty
    beverly bonnie brenda bridget brittany camila carla carmen carol carole caroline carolyn carrie catherine
    cecilia charlotte chelsea cheryl christina christine cindy claire clara claudia colleen condoleezza connie
    courtney crystal cynthia daisy dana danielle daphne deborah debbie debra denise diana diane dolores donna doris
    dorothy edith eileen elaine eleanor elena elisa elisabeth elise eliza elizabeth ella ellen emily emma erica erin
    esther ethel eva evelyn faith fatima fiona florence frances gabriela gail geraldine gina ginger gladys glenda
    gloria grace gretchen gwen hannah harriet hazel heather heidi helen helena hilary hillary holly ida ilse imelda
    ingrid irene iris isabel isabella ivanka jacinda jackie jacqueline jan jane janet janice jasmine jeanne jen
    jenna jennifer jenny jessica jill jo joan joanna joanne josephine joy joyce juanita judith judy julia juliana
    julie june karen kate katherine kathleen kathryn kathy katie kay kayleigh kellyanne kelly kimberly kirsten
    kristen kristin laura lauren leah leila lena leslie lidia lillian linda lisa liz loretta lori lorraine louise
    lucia lucy luisa lydia lynn madeleine maggie manuela marcia margaret maria marian marianne marie marilyn marina
    marine marion marjorie marsha martha mary maureen maya megan melania melanie melissa mercedes meredith michelle
    mildred mina miriam molly monica muriel nadia nancy naomi natalia natalie natasha nicola nicole nina nora norma
    olga olivia pamela patricia patty paula pauline peggy penelope penny phyllis priscilla rachel rebecca regina
    renee rhonda rita roberta rosa rosalind rose rosemary roxanne ruth sabrina sally samantha sandra sandy sara
    sarah shannon sharon sheila shelley shirley sofia sonia sophia sophie stacey stacy stella stephanie sue susan
    susana suzanne svetlana sylvia tamara tammy tania tara tatiana teresa theresa tiffany tina tracy tulsi ursula
    valentina valerie vanessa vera veronica victoria violet virginia vivian wanda wendy yolanda yvonne zainab zoe
    nosiviwe phakamile aung benazir sheikh indira mamata sushma priyanka yingluck sanna mette magda elif aliya leyla
    zeynep oksana ludmila irina galina yulia katarina agnieszka malgorzata ingeborg astrid sigrid
    """
) - word_set("jan sheikh")

# States and territories by their plain English names: places, whatever a tagger thinks of one mention.
STATES = frozenset(
    name.replace("_", " ")
    for name in word_set(
        """
    afghanistan albania algeria andorra angola antigua_and_barbuda argentina armenia australia austria azerbaijan
    bahamas bahrain bangladesh barbados belarus belgium belize benin bhutan bolivia bosnia bosnia_and_herzegovina
    botswana brazil brunei bulgaria burkina_faso burundi cambodia cameroon canada cape_verde
    central_african_republic chad chile china colombia comoros congo costa_rica cote_d'ivoire croatia cuba cyprus
    czech_republic denmark djibouti dominican_republic east_timor ecuador egypt el_salvador equatorial_guinea
    eritrea estonia eswatini ethiopia fiji finland france gabon gambia germany ghana greece grenada guatemala guinea
    guyana haiti honduras hong_kong hungary iceland india indonesia iran iraq ireland israel italy ivory_coast
    jamaica japan kazakhstan kenya kiribati kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya
    liechtenstein lithuania luxembourg madagascar malawi malaysia maldives mali malta marshall_islands mauritania
    mauritius mexico moldova monaco mongolia montenegro morocco mozambique myanmar namibia nauru nepal netherlands
    new_zealand nicaragua niger nigeria north_korea north_macedonia norway oman pakistan palau palestine panama
    papua_new_guinea paraguay peru philippines poland portugal qatar romania russia rwanda saint_lucia samoa
    san_marino saudi_arabia senegal serbia seychelles sierra_leone singapore slovakia slovenia solomon_islands
    somalia south_africa south_korea south_sudan spain sri_lanka sudan suriname sweden switzerland syria taiwan
    tajikistan tanzania thailand togo tonga trinidad_and_tobago tunisia turkey turkmenistan tuvalu uganda ukraine
    united_arab_emirates united_kingdom united_states uruguay uzbekistan vanuatu venezuela vietnam yemen zambia
    zimbabwe
    """
    )
)

REPORTING = word_set(
    """
    say says said saying tell tells told telling add adds added adding argue argues argued arguing claim claims
    claimed claiming state states stated stating note notes noted noting explain explains explained explaining
    insist insists insisted insisting warn warns warned warning announce announces announced announcing declare
    declares declared declaring write writes wrote writing written reply replies replied replying respond responds
    responded responding ask asks asked asking answer answers answered answering suggest suggests suggested
    suggesting report reports reported reporting believe believes believed believing think thinks thought contend
    contends contended allege alleges alleged alleging assert asserts asserted asserting maintain maintains
    maintained acknowledge acknowledges acknowledged acknowledging admit admits admitted admitting concede concedes
    conceded confirm confirms confirmed confirming deny denies denied denying emphasize emphasizes emphasized
    emphasise emphasised stress stresses stressed stressing recall recalls recalled recalling remark remarks
    remarked observe observes observed conclude concludes concluded predict predicts predicted quip quips quipped
    joke jokes joked tweet tweets tweeted post posts posted continue continues continued complain complains
    complained describe describes described call calls called calling demand demands demanded urge urges urged
    urging vow vows vowed promise promises promised pledge pledges pledged agree agrees agreed disagree disagrees
    cite cites cited citing remind reminds reminded reveal reveals revealed disclose discloses disclosed point
    points pointed hint hints hinted indicate indicates indicated interject interjected lament laments lamented muse
    mused shout shouts shouted chant chanted chorused yelled cried whispered exclaimed retorted countered quoted
    charge charges charged accuse accuses accused accusing praise praises praised criticize criticizes criticized
    criticise criticised condemn condemns condemned slam slammed blast blasted interpret interprets interpreted
    consider considers considered speculate speculated propose proposes proposed recommend recommends recommended
    rule rules ruled testify testifies testified
    """
)

_WORD = re.compile(r"\w+(?:[-'’.]\w+)*\.?")


def words(text: str) -> list[str]:
    """Return the words of a phrase in lower case, a clitic 's cut off."""
    return [re.sub(r"['’]s?$", "", word).casefold() for word in _WORD.findall(text)]
