"""Georgian: no capitals; the last word of a name takes the ending, postpositions among them, and adjectives agree."""

from service.analysis.languages.language import Language, words

_CASES = "მა ს ის ით ად ში ზე თან იდან ისთვის ისგან ისა მდე ამდე იც მაც საც ისაც"

GEORGIAN = Language(
    code="ka",
    declensions=(
        ("ი", f"_ {_CASES}"),  # სააკაშვილი
        ("", f"{_CASES} მ მც ც თი დან სთან სთვის სგან სადმი"),  # დავით, გახარია, საქართველო
        ("ა", "ის ით იდან ისთვის ისგან ისა ისაც"),  # ამერიკა
        ("ე", "ის ით იდან ისთვის ისგან ისა"),
    ),
    agrees=True,
    certain="(?<=[აეიოუ])მ",
    apart="-",
    pronouns=words("""
        ის იგი მან მას მისი მისმა მისგან მისთვის ისინი მათ მათი მათმა მათგან მე ჩემი ჩემმა ჩვენ ჩვენი ჩვენმა შენ თქვენ
        თქვენი თავის თავისი თვითონ რომელიც რომელმაც რომლის რომელსაც რომლებიც რომლებმაც ვინც ვინ
        """),
    generic=words("ყველა ყველამ ბევრი ბევრმა ზოგი ზოგმა ზოგიერთი ზოგიერთმა არავინ ვიღაც ვიღაცამ სხვები სხვებმა ორივე"),
    demonstratives=words("ეს ამ ის იმ აღნიშნული აღნიშნულმა იგივე იმავე"),
    small_words=words("და ან თუ რომ არ კი როგორც მიერ მიხედვით შესახებ შორის"),
)
