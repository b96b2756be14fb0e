"""Azerbaijani: the last word of a name takes the ending, with no mark before it but behind acronyms."""

from service.analysis.languages.language import Language, words

AZERBAIJANI = Language(
    code="az",
    declensions=(
        (
            "",
            """
            ın in un ün nın nin nun nün a ə ya yə na nə ı i u ü nı ni nu nü da də nda ndə dan dən ndan ndən la lə yla
            ylə nla nlə dır dir dur dür
            """,
        ),
    ),
    agglutinates=True,
    apart="-'’",
    same=str.maketrans("İI", "iı"),
    pronouns=words("""
        o onun ona onu onda ondan onlar onların onlara onları onlardan özü özünün özünə özünü öz mən mənim mənə məni biz
        bizim bizə bizi sən sənə siz sizin sizə kim kimin hansı bu bunun
        """),
    generic=words("hamı hamısı bəziləri çoxları heç-kim digərləri kimsə biri bir-çoxu hər-kəs hərkəs"),
    demonstratives=words("bu o həmin eyni"),
    small_words=words("və ilə üçün ki isə də da kimi görə tərəfindən haqqında bir amma lakin ya"),
    lone_letters="Oo",
)
