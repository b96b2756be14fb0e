"""Names of states."""

from service.analysis.english.words import word_set

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
