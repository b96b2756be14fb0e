"""The commonest given names of several languages whose bearers are nearly all of one gender.

A name that is not here is of unknown gender, which rules nobody out.
"""

from service.analysis.english.words import word_set

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
