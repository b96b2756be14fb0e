"""Sources of the training and development data, and their terms as the publishers state them."""

BASES = {
    "multilingual-e5-small": {
        "name": "intfloat/multilingual-e5-small, out of 4 bits, its vocabulary pruned",
        "licence": "MIT",
        "cites": "Wang et al., Multilingual E5 Text Embeddings, 2024",
    },
    "mpnet": {
        "name": "sentence-transformers/all-mpnet-base-v2",
        "licence": "Apache-2.0",
        "cites": "Song et al., MPNet, NeurIPS 2020",
    },
    "bert": {
        "name": "sentence-transformers/all-MiniLM-L6-v2",
        "licence": "Apache-2.0",
        "cites": "Wang et al., MiniLM, NeurIPS 2020",
    },
}

DATA = [
    {"name": "PolNeAR 1.0", "heads": "attribution", "licence": "none stated", "cites": "Newell et al., LREC 2018"},
    {
        "name": "NewsMTSC",
        "heads": "author's stance toward a mention",
        "licence": "MIT wording",
        "cites": "Hamborg & Donnay, EACL 2021",
    },
    {
        "name": "Directed sentiment (DSE)",
        "heads": "directed stance",
        "licence": "use for your purposes by citing the paper",
        "cites": "Park et al., ACL Findings 2021",
    },
    {
        "name": "CheckThat! 2024 task 1 English (ClaimBuster debates)",
        "heads": "check-worthiness",
        "licence": "MIT (carrier repository)",
        "cites": "Arslan et al., ICWSM 2020",
    },
    {
        "name": "NewsDiscourse",
        "heads": "check-worthiness (auxiliary)",
        "licence": "publicly released for future research",
        "cites": "Choubey et al., ACL 2020",
    },
    {"name": "GWSD", "heads": "topic stance", "licence": "none stated", "cites": "Luo et al., EMNLP Findings 2020"},
    {"name": "PERSPECTRUM", "heads": "topic stance", "licence": "CC BY-SA 4.0", "cites": "Chen et al., NAACL 2019"},
    {
        "name": "ArgKP-2021",
        "heads": "topic stance",
        "licence": "Apache-2.0",
        "cites": "Friedman et al., ArgMining 2021",
    },
    {
        "name": "VAST (development only)",
        "heads": "topic stance",
        "licence": "none stated",
        "cites": "Allaway & McKeown, EMNLP 2020",
    },
    {
        "name": "Worldwide English newswire",
        "heads": "entities",
        "licence": "asks for citation",
        "cites": "Shan et al., EMNLP Findings 2023",
    },
    {
        "name": "GUM, nine open genres",
        "heads": "coreference (auxiliary)",
        "licence": "annotations CC BY 4.0; texts CC BY, two genres CC BY-SA 3.0, or public domain",
        "cites": "Zeldes, LRE 2017",
    },
    {
        "name": "GAP",
        "heads": "coreference (auxiliary)",
        "licence": "Apache-2.0",
        "cites": "Webster et al., TACL 2018",
    },
    {
        "name": "Gold claim frames and annotations of our own, on PolNeAR and worldwide articles",
        "heads": "attribution, entities, stance, check-worthiness",
        "licence": "annotations made for this project; texts as above",
        "cites": "docs/model-card.md",
    },
]

# Beside these, of a multilingual model.
OTHER_LANGUAGES = [
    {
        "name": "NTREX-128, 102 documents in six languages with annotations of our own",
        "heads": "attribution, entities, stance, check-worthiness",
        "licence": "texts CC BY-SA 4.0; annotations made for this project",
        "cites": "Federmann et al., 2022",
    },
    {
        "name": "288 news articles written and annotated for this project, in five languages",
        "heads": "attribution, entities, stance, check-worthiness",
        "licence": "that of this project",
        "cites": "training/annotations/README.md",
    },
    {
        "name": "RuOpinionNE-2024",
        "heads": "stance",
        "licence": "MIT",
        "cites": "Loukachevitch et al., 2025",
    },
    {
        "name": "RuSentNE-2023",
        "heads": "author's stance toward a mention",
        "licence": "MIT",
        "cites": "Golubev et al., 2023",
    },
]
