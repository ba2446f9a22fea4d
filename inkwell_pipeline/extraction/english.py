"""English: the words and phrases by which the offline extractor knows what a sentence is doing.

Belongs here: lists and patterns for lower-case text, one sentence at a time. Does not: what each is worth
(`ranking.py`), fillers that are left out of a printed sentence (`sentences.py`). In another language none of
them matches, and ranking goes by its counts alone; a second language would be a second module like this.
"""

import re

from inkwell_pipeline.extraction.lexicon import vocabulary

__all__ = [
    "ADVERT",
    "ADVERT_ASKS",
    "ANNOUNCES",
    "ASKS",
    "BEFORE_NOUNS",
    "CARRIES_ON",
    "CLAIMS",
    "CUT_OFF",
    "DANGLING",
    "EVERYDAY",
    "FAINT",
    "FAREWELL",
    "GREETS",
    "HOUSEKEEPING",
    "JOINS",
    "LEADS",
    "NAMES_ITSELF",
    "OPENS_BADLY",
    "OPENS_EPISODE",
    "PERSONAL",
    "SUBJECT",
    "TAG_QUESTION",
    "TALKY",
    "TURNS",
    "VAGUE",
    "VAGUE_WORDS",
    "VERBS",
    "WELCOMES_LISTENERS",
]

# Words that most episodes of any show have: they mark no topic however often they come.
EVERYDAY = vocabulary(
    """
    able about absolutely actual actually add after again ago agree ah all allow allows almost along already also
    always am amazing amount an and another answer any anymore anyone anything are arent around as ask asked at
    available away back bad base based basically be because become been before behind being believe best better
    between big bit both bring bunch but by call called came can cant care case cases cause certain certainly change
    check checking come comes coming cool could couldnt couple course cut day days deal definitely did didnt
    different difficult directly do does doesnt doing done dont down each easier easy either else end enough entire
    episode especially essentially even ever every everybody everyone everything exactly example extra fact fair far
    feel few figure find fine first five for found four free from front full fun gave general get gets getting give
    given gives giving go goes going gone gonna good got gotta great guess guy guys had half happen happened
    happening happens happy hard has have havent having he head hear heard help her here heres hes hey high him his
    hit hopefully how huge id idea if ill im important in inside instead interesting into is isnt it its itself ive
    job just keep key kind kinds knew know knows large last later least left less let lets like liked line list
    little long look looked looking looks lot lots love loved made make makes making man many may maybe me mean
    means mentioned might mind more most much my myself name necessarily need needed needs never new next nice no
    nope normal not nothing now number obviously of off often oh okay old on once one ones only open or order other
    our out over own part parts people person pick place point possible pretty probably problem put putting question
    questions quickly quite rather read ready real really reason recently remember rest right run running said same
    saw say saying says second see seeing seem seems seen send sense set she should shouldnt show shows side similar
    simple since single situation six small so some somebody someone something sometimes somewhere soon sorry sort
    sorts spent start started starting stay step still stuff style such super sure take takes taking talk talked
    talking tell ten than thank thanks that thats the their them themselves then there theres these they theyre
    theyve thing things think thinking third this those though thought three through throw time times to today
    together told too took top totally tried true try trying turn two type types um under understand until up us use
    used useful uses using usually very view wanna want wanted wants was wasnt way ways we weird welcome well went
    were weve what whatever whats when where whether which while who whole whos why will wish with within without
    wont word work worked working works world would wouldnt wow wrong yeah year years yep yes yet you youd youll
    your youre yours yourself youve uh awesome podcast listen listening listener listeners link notes
    """
)
# Spoken marks of a new topic, and of a question that opens one.
TURNS = re.compile(
    r"\b(?:next (?:up|one|question|topic|thing|item|tip|section|step|part)|let's (?:talk about|get into"
    r"|move on|dive"
    r"|start|go over|look at)|moving on|another (?:one|question|thing|topic|tip)|the (?:first|second|third"
    r"|fourth|last"
    r"|final) (?:one|thing|question|tip|topic)|number (?:one|two|three|four|five)|first (?:of all|up"
    r"|question)"
    r"|question (?:here|is|we|from)|(?:who|what|how|why|where) (?:is|are|do|does|did|about|would|should|can)"
    r"|stands for|(?:is|are|it's) called|talk(?:ing)? about|speaking of|when it comes to|wondering|tell us)\b"
)
# What the host says of the episode as a whole: who is there, and what it is about.
OPENS_EPISODE = re.compile(
    r"\b(?:(?:our|my|today's|tonight's|this week's|special) guests?\b|joined (?:today |here |now )?by"
    r"|joining (?:us|me)\b"
    r"|(?:sat|sit) down with|(?:talk|talked|talking|speak|spoke|speaking|chat|chatted|chatting) (?:to|with) [a-z]+"
    r"|with (?:us|me)(?: today| as always)?,? (?:is|are)|here today (?:is|to)|on the show today"
    r"|i['’]m interviewing|i interview|we interview|interview with"
    r"|in (?:this|today's) (?:\w+ )?(?:episode|show|podcast|interview)|today,? (?:we|i|our|my|\w+ and i)\b"
    r"|(?:this|today's) (?:\w+ )?(?:episode|show|podcast) (?:is|will|we|i)\b)"
)
ANNOUNCES = re.compile(
    r"\b(?:(?:this|today's) (?:\w+ )?(?:episode|show|podcast|interview|topic)|today(?: we|'s| i|,| is)"
    r"|(?:we're|we are|we’re|i'm|i am) (?:\w+ )?(?:going to|gonna|here|joined)"
    r"|(?:we|we'll|we will|we’ll) (?:be )?(?:discuss\w*|talk\w*|cover\w*|look\w*|explor\w+|learn\w*|div\w+))\b"
)
CARRIES_ON = re.compile(
    r"(?:(?:and |so |so,? of course,? |of course,? |and then )?(?:he|she|they|we|i)(?:['’]ll|['’]re|['’]d|['’]s)? "
    r"(?:will|would|talk|talked|discuss|discussed|tell|tells|told|is|are|was|has|have|had|also|cover|look"
    r"|explore|learn"
    r"|chat|share|shares|works?|worked|go|speak|spoke|get|be|going|started|founded|wrote|can|did)\b"
    r"|before becoming|in this|today|our |my co-?host|it is co-?hosted|this is a special|including )"
)
# A greeting, or the talk itself: the announcement is over, or has not begun.
GREETS = re.compile(
    r"(?:(?:so|okay|ok|all right|alright|well|and)[,.]? )*(?:(?:hi|hello|hey"
    r"|welcome)[,! ]+(?:back )?(?:to the show|to the podcast"
    r"|\w+[.!,]|\w+ \w+[.!,])|hi\b|hello[.!]|thank|enjoy|how are|how's|let's|first,? question|stay tuned|before we)"
)
WELCOMES_LISTENERS = re.compile(
    r"(?:(?:hi|hello|so|hey)[,. ]+(?:and )?)*welcome (?:back )?to (?!the show\b|the podcast\b)"
)
NAMES_ITSELF = re.compile(
    r"(?:(?:so|hi|hello|hey|and)[,. ]+(?:and )?)*(?:welcome (?:back )?to|this is|you're listening to"
    r"|my name is|i['’]m|and i['’]m|i am)\b"
)
SUBJECT = re.compile(r"\b(?:talk|discuss|cover|look|guest|join|about|speak|explor|learn|answer|tell|interview|chat)")
# What is said of an advertisement. Not "sponsor" alone: shows talk about sponsors too.
ADVERT = re.compile(
    r"\b(?:sponsored (?:today )?by|sponsor break|(?:our|today's|this week's|episode's|show's|longtime"
    r"|long time|first|second|next|other|another|awesome|great|amazing|new) sponsors?\b"
    r"|sponsors? (?:today|of (?:this|the|our|today)|for (?:this|the|our|today)|this week|is|are)\b"
    r"|for sponsoring|sponsoring (?:this|the|us|today|our)"
    r"|brought to (?:you|us) (?:today )?by|(?:a )?word from our|(?:promo|coupon|discount|offer|voucher) code"
    r"|\buse (?:the )?code\b"
    r"|(?:months?|days?|weeks?) (?:for |completely |totally )?free\b|free trial|(?:percent|%) off\b"
    r"|support(?:ing|s)? (?:the|this|our) (?:show|podcast)|how did you hear"
    r"|(?:part ?way|half ?way|later) (?:through|on in) (?:the|this) (?:show|episode|podcast))"
)
# What an advertisement asks for: one alone is none, shows send their listeners to addresses of their own.
ADVERT_ASKS = re.compile(
    r"\b(?:head (?:on )?over to|check (?:it|them|that|this|him|her|out)? ?(?:all )?out (?:at|@|over)"
    r"|sign (?:up|in) (?:at|for|today|now|over)"
    r"|(?:forward|ford|for|four) slash|\w+ ?(?:\.|dot )(?:com|io|dev|app|tech|co)\b|free (?:account|month"
    r"|plan|tier)"
    r"|off your (?:first|next)|try (?:it|them) (?:out )?(?:for free|today)|go to \w+\.(?:com|io|dev)"
    r"|months? (?:of|for)|sponsor)"
)
HOUSEKEEPING = re.compile(
    r"\b(?:show notes|subscribe|review on|itunes|follow us|patreon|newsletter|thanks for (?:listening"
    r"|tuning|having)"
    r"|thank you|shameless|shout ?out|next (?:week|time|episode)|see you|my name is|with (?:me|us is)|welcome"
    r"|(?:we'll|we will|i'll) be back)\b"
)
CLAIMS = re.compile(
    r"\b(?:i think|i believe|should|never|always|the best|the most|important|the reason|the point"
    r"|the problem|because"
    r"|if you|means|instead|better|need to|have to|the whole|the idea|the key|matters?|learn|realiz\w+"
    r"|nobody|without)\b"
)
FAREWELL = re.compile(
    r"\b(?:(?:my|your|our|today's|sick) (?:picks?|pics?)|shameless plugs?|shamelessly plug|picks of the week"
    r"|thanks (?:so much "
    r"|again )?for (?:listening|tuning|coming on|joining)"
    r"|thank you (?:so much )?for (?:listening|tuning|coming on|being (?:here|on))|where can (?:people|folks"
    r"|listeners) find you"
    r"|before we (?:go|wrap|end|close)|wrap(?:ping)? (?:this |it |things )?up|last question|final question"
    r"|to close (?:this|it) (?:off|out))\b"
)
TALKY = re.compile(
    r"\b(?:um+|uh+|(?:i'm|he's|she's|they're|we're|was|were|be|being|i’m|it's) like|yada|blah|yo|you know"
    r"|i mean|sort of|kind of|like,|and stuff|or whatever|yeah|gonna"
    r"|(\w+(?:['’]\w+)?(?: \w+(?:['’]\w+)?)?),? \1)\b"  # said twice
    r"|, like\b|[\[\]♪*<>]|—$|-$"
)
OPENS_BADLY = re.compile(
    r"(?:and|but|so|or|because|cause|then|well|yeah|yes|no|oh|okay|ok|um|uh|like|right|i mean|you know|also"
    r"|all right"
    r"|alright|sure|hey|just because|you said)\b"
)
# A sentence that begins with these speaks of one before it; with those at its end, it was cut off.
DANGLING = vocabulary(
    "it its it's that that's this these those they they're he he's she she's there which who where him his"
)
VAGUE_WORDS = vocabulary(
    "it its it's it’s that that's that’s this these those they them their they're they’re he she him her his there"
    " there's here one ones thing things stuff something someone anything everything kind sort gonna like just"
)
PERSONAL = vocabulary("i i'm i’m i've i’ve i'd i’d i'll i’ll me my mine myself")
CUT_OFF = vocabulary(
    "a an the and or but of to for with in on at from that which is are was i i'm so because if like my your"
)
ASKS = re.compile(r"(?:who|what|how|why|where|when|which|do|does|did|is|are|could|should|can|will)\b")
VERBS = re.compile(
    r"\b(?:is|are|was|were|be|been|am|has|have|had|do|does|did|can|could|will|would|should|may|might|must"
    r"|get|gets|got"
    r"|let|let's|make|makes|go|goes|use|need|want|\w+ed)\b|['’](?:s|re|m|ve|ll|d)\b|n['’]t\b"
)
TAG_QUESTION = re.compile(r",? (?:right|you know|yeah|okay)\?$")
# Nouns that name nothing by themselves: no heading ends with one.
VAGUE = vocabulary(
    """
    amount anybody anyone anything aspect aspects bit bits bunch case cases chance couple course day days deal dude
    end everybody everyone everything example examples fact folks fun guy guys half hour hours idea issue kind kinds
    lot lots man matter minute minutes moment month months name number one ones opinion order part parts people
    person pick picks piece pieces place places point points portion question questions reason reasons rest right
    second seconds sense set side sort sorts show somebody someone something spot step stuff sudden term terms thing
    things thought thoughts time times today tomorrow ton tons tonight trouble type types variety way ways week
    weeks word words world year years yesterday morning night afternoon evening nobody nothing none mine ours yours
    myself yourself itself themselves others vs versus verse dot com comm yada yo fam blah wow ha haha boy god gosh
    goodness hell heck crap damn dang yep yup nope yay ooh whoa hi hey hello thanks episode podcast
    """
)
# Adjectives and nouns that add nothing in front of a noun.
FAINT = vocabulary(
    """
    able actual additional amazing available awesome bad basic best better big bigger biggest certain common cool
    couple crazy current decent different easier easiest easy entire exact extra fair favorite few fine first fun
    funny general good great greatest happy hard harder huge important initial interesting kind last less little
    long lot main major many more most much neat new next nice normal old only other overall own particular past
    perfect popular possible previous quick real regular right same second separate serious several silly similar
    simple single small some sort special specific stupid such super sure tiny top total typical usual various
    weird whole wrong bunch ton kinda sorta gonna wanna able ready interested glad sorry excited curious worth
    afraid likely tons lots
    anybody anyone anything everybody everyone everything folks guy guys man nobody nothing people person somebody
    someone something stuff thing things way ways today tomorrow yesterday week weeks year years day days month months
    minute minutes hour hours moment vs versus verse dot com comm yada yo blah wow ha haha boy god gosh thanks hey hi
    """
)
BEFORE_NOUNS = vocabulary(
    "the a an my your our their his her its this that these those of in for with some any no each every about on from"
    " into than between without using"
)
JOINS = vocabulary("of for in with versus vs")
LEADS = vocabulary("the a an your our")
