"""Wordings by which advertisements and footers of social media give themselves away. Pure.

Belongs here: patterns, in English mostly, since most feeds have no other; every repetition is bounded. Does not: any
name of a sponsor's; what follows from a cue (`promotion.py`).
"""

import re

__all__ = [
    "ADVERTISEMENT",
    "AD_HEADING",
    "GUEST_HEADING",
    "HANDLE",
    "HOST_HEADING",
    "LINKS_HEADING",
    "PLATFORM",
    "PLUG_HEADING",
    "PROFILE",
    "SOCIAL",
    "SOCIAL_HEADING",
    "SUPPORT",
]


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


US = r"(?:us|me|the (?:show|podcast|hosts?|team)|this (?:show|podcast)|our \w{1,20})"
SPONSORS = (
    r"(?:sponsors?|advertisers?|advertisements?|ads|partners?|promo ?codes?|coupon ?codes?|discounts?|deals|werbung"
    r"|anzeigen?|werbepartner)"
)
PODCASTS = r"(?:apple|spotify|youtube|itunes|overcast|google)"

# of headings
AD_HEADING = _any(
    r"^\W*(?:(?:this|today|episode|show|our|the|week|s|and|thanks|to|special|a word from|links?)\W+){0,5}"
    rf"{SPONSORS}\b",
    rf"[-–—|:(\[]\s*(?:our )?{SPONSORS}\W*$",
    r"\b(?:sponsored|brought to you|presented|powered) by\b",
    rf"^\W*(?:support(?:ing)?(?: {US})?|donate|patreon|merch|merchandise|swag|tip jar|(?:our )?(?:shop|store))\W*$",
    r"^\W*become a (?:patron|member|supporter|sponsor)\b",
)
SOCIAL_HEADING = _any(
    r"^\W*(?:please )?(?:follow|tweet|find|contact|connect|reach|e-?mail|message|like|join|stay|keep|get|chat|talk"
    rf"|hang out)(?: (?:out|in touch|connected|up))?(?: (?:to|with|on|at)){{0,2}} {US}\b",
    r"^\W*(?:(?:stay|keep|get) (?:in touch|connected)|(?:our )?socials?(?: media)?(?: links)?|follow)\W*$",
    r"^\W*(?:contact(?: info| information)?|newsletter|discord|rate (?:and|&) review|leave (?:us )?a review)\W*$",
    r"^\W*(?:subscribe|listen)\b(?:\W*$| (?:on|in|to us|to the|via|now|and)\b)",
    r"^\W*where to (?:find|follow|listen to) (?:us|me|the)\b",
)
PLUG_HEADING = _any(r"^\W*(?:shameless|self)?\W*plugs?\b", r"^\W*(?:shameless )?self[- ]promotion\b")
HOST_HEADING = _any(r"^\W*(?:your |the |our |meet the )?(?:co-?)?hosts?\W*$")
GUEST_HEADING = _any(r"\bguests?\b", rf"^\W*(?:about|connect with|follow|find|where to find) (?!{US}\b)\w")
LINKS_HEADING = _any(
    r"\b(?:links?|resources?|references?|mention(?:s|ed)?|notes|reading|picks?|recommend(?:s|ed|ations?)?|sources?)\b",
    r"\b(?:bookmarks|books?|tools?|further|discussed|related|articles?|papers?)\b",
)

# of lines
ADVERTISEMENT = _any(
    r"\b(?:sponsored|brought to you|made possible) by\b",
    r"\b(?:episode|show|podcast) is (?:also )?(?:sponsored|supported|presented|powered) by\b",
    r"\b(?:our|today.?s|this week.?s|this episode.?s) (?:\w{1,20} )?sponsors?\b",
    r"\b(?:promo|coupon|discount|offer|voucher|referral)[ -]?codes?\b",
    r"\b(?:use|with|enter) (?:the |our |my )?(?:special )?code\b",
    r"\b\d{1,2} ?% (?:off\b(?!-)|discount)|\bsave (?:up to )?(?:\$\d|\d{1,2} ?%)",
    r"\b(?:affiliate links?|as an amazon associate|small commission)\b",
    r"\b(?:free trial|months? (?:for )?free|free months?)\b",
    r"\bad ?choices\b|\badvertis(?:e on|ing inquir)|\bfor privacy information\b|\bprivacy (?:&|and) opt-?out\b",
    r"\bhosted (?:on|by) (?:acast|simplecast|ausha|spreaker|captivate|buzzsprout|transistor)\b",
    r"\bpowered by firstory\b",
)
SUPPORT = _any(
    rf"\b(?:support|supporting) {US}\b",
    r"\bbecome (?:a|an) (?:\w{1,20} )?(?:patron|member|supporter|subscriber)\b",
    r"\b(?:on|our) patreon\b|\bbuy (?:us|me) a coffee\b|\bour merch\b|\bmerch (?:store|shop)\b|\b(?:our|the) tip jar\b",
    r"\bleave (?:us )?a (?:\w{1,20}[- ]){0,2}(?:rating|review)\b|\brate (?:us|and review)\b",
    r"\bsend (?:in|us) a voice message\b",
)
SOCIAL = _any(
    rf"\b(?:follow|find|tweet|contact|e-?mail|message|like|reach|connect with|write to|talk to|hit) {US}\b",
    r"\bsubscribe (?:on|via|wherever|now|to (?:us|the (?:show|podcast)|our|this)|in your)\b",
    r"\bjoin (?:us (?:on|in)|our|the (?:conversation|discord|slack|community))\b",
    rf"\b(?:listen|available|also) on {PODCASTS}\b",
    r"\bsign up (?:for|to) (?:our|the) (?:\w{1,20} )?newsletter\b|\byour tweets\b",
)

# of a link's words, whole
PLATFORM = re.compile(
    r"\W*(?:(?:our|on|the|follow|via|\S{1,30}(?:'s?|’s?)|my)\s+)?(?:twitter|x|instagram|facebook|linked ?in|youtube"
    r"|tik ?tok|threads|bluesky|mastodon|discord|twitch|spotify|apple(?: podcasts?)?|itunes|google(?: podcasts?)?"
    r"|overcast|pocket ?casts|rss(?: feed)?|stitcher|amazon(?: music)?|castbox|castro|podchaser|patreon|merch|telegram"
    r"|slack|podcast feed)(?: (?:page|channel|group|account))?\W*",
    re.IGNORECASE,
)
HANDLE = re.compile(
    r"\s*(?:@\S{1,60}|(?:https?://|www\.)\S{1,2000}|[\w.-]{1,60}\.\w{2,10}/\S{0,200})\s*", re.IGNORECASE
)
# of host and path: somebody's page, where one on a status or a video has more in its path
PROFILE = re.compile(
    r"(?:(?:twitter|x|instagram|facebook|fb|threads|tiktok|twitch|patreon|ko-fi|buymeacoffee|snapchat|pinterest)"
    r"\.(?:com|net|tv)/[^/]+|youtube\.com/(?:@[^/]+|(?:c|user|channel)/[^/]+|[^/?]+(?<!/watch))"
    r"|linkedin\.com/(?:in|company|school)/[^/]+|bsky\.app/profile/[^/]+|[^/]+/@[^/]+|discord\.(?:gg|com/invite)/.+"
    r"|t\.me/[^/]+|podcasts\.apple\.com/.+|itunes\.apple\.com/.+|open\.spotify\.com/show/.+|overcast\.fm/itunes.+"
    r"|pca\.st/.+|podcasts\.google\.com/.+)/?",
    re.IGNORECASE,
)
