"""Turkish: an apostrophe sets the ending apart from a name, but not from an institution's."""

from service.analysis.languages.language import Language, words

TURKISH = Language(
    code="tr",
    declensions=(("", "nın nin nun nün na ne nı ni nu nü nda nde ndan nden yla yle nca nce"),),  # Dışişleri Bakanlığı
    agglutinates=True,
    apart="'’",
    set_apart="""
        ın in un ün a e ya ye ı i u ü yı yi yu yü da de ta te dan den tan ten la le ca ce ki daki deki taki teki ndaki
        ndeki lar ler ların lerin lara lere dır dir dur dür tır tir tur tür lı li lu lü sı si su sü mış miş ydı ydi
        dayken deyken ymış ymiş ysa yse dı di du dü tı ti tu tü
        """,
    same=str.maketrans("İI", "iı"),
    pronouns=words("""
        o onun ona onu onda ondan onlar onların onlara onları onlardan kendisi kendisinin kendisine kendi kendileri ben
        benim bana beni biz bizim bize bizi sen sana siz sizin size kim kimin bu bunun
        """),
    generic=words("herkes hepsi bazıları bazısı birçoğu çoğu kimse hiçbiri diğerleri biri ikisi"),
    demonstratives=words("bu şu o aynı söz"),
    small_words=words("ve ile için ki ise de da gibi göre tarafından hakkında bir ama fakat ya veya"),
    lone_letters="Oo",
)
