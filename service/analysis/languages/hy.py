"""Armenian: the last word of a name takes the ending, the article among them; its marks of tone stand inside words."""

from service.analysis.languages.language import Language, words

ARMENIAN = Language(
    code="hy",
    accents="՛՜՞",
    pauses="․",
    leads_in="․՝",  # a colon is how many write the full stop
    declensions=(
        ("", "ը ն ի ին ինը ից ով ում յի յին յից յով յում"),  # Փաշինյան, Աննա
        ("ի", "ու ուն ուց"),  # Գյումրի
        ("ու", "վի վին վից վում"),  # Բաքու
        ("ություն", "ության ությանը ությանն ությամբ"),  # կառավարություն
        ("ում", "ման մանը մանն"),  # միավորում
    ),
    agglutinates=True,
    certain="(?<=[^\\W\\d_աեէիոու])ը",
    apart="-֊",
    same=str.maketrans("", "", "՛՜՞"),
    pronouns=words("""
        նա նրա նրան նրանից նրանով նրանք նրանց նրանցից ինքը իր իրեն իրենից իրենք իրենց ես ինձ իմ մենք մեզ մեր դու քեզ
        դուք ձեզ ձեր որը որի որին որոնք որոնց ով ում սա դա
        """),
    generic=words("բոլորը բոլորին շատերը շատերին ոմանք ոչ-ոք մյուսները երկուսն երկուսը"),
    demonstratives=words("այս այդ այն նույն սույն"),
    small_words=words("և ու եւ է են որ թե այլ ի մեջ մասին համար հետ պես ըստ կողմից"),
)
