"""Nouns by which a text describes people, bodies and documents. General vocabulary; no names of the day."""

from service.analysis.english.words import word_set

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
