"""The words of debris, in the languages in which they are met. Data for `debris.py`: one phrase a line, no rules.

Each is a regular expression for a whole block, or a whole end of a text. Repetitions are bounded, so that a hostile
text costs no more than a long one.
"""

import re

_PIECE = r"(?:story|article|post|topic|entry|piece|review|thread|report|essay)"
_MORE = (
    r"Read (?:more|on|the rest|it all|more here)",
    rf"(?:Read|View|See) (?:the |our )?(?:full |whole |entire |complete |original )?{_PIECE}",
    r"Keep reading",
    r"(?:Click|Tap) (?:here )?(?:to|for) (?:read |see |the )?(?:more|full story)",
    r"(?:Learn|See|View) more",
    r"Weiterlesen|Mehr lesen|Mehr erfahren|Lesen Sie mehr|Ganzes Thema lesen",
    r"Lire la suite|Lire plus|En savoir plus",
    r"Leer más|Seguir leyendo|Sigue leyendo|Continuar leyendo",
    r"Leggi tutto|Leggi di più|Continua a leggere",
    r"Ler mais|Leia mais|Saiba mais|Continue lendo|Continue a ler|Continuar a ler",
    r"Lees verder|Lees meer|Verder lezen",
    r"Läs mer|Läs vidare|Les mer|Læs mere|Læs videre|Lue lisää",
    r"Czytaj dalej|Czytaj więcej|Číst dále|Číst více|Čítať ďalej",
    r"Tovább olvasom|Citește mai (?:mult|departe)|Devamını oku",
    r"Читать (?:далее|дальше|полностью)|Читати далі|Διαβάστε περισσότερα",
    r"اقرأ المزيد|ادامه مطلب|המשך קריאה",
    r"続きを読む|もっと読む|阅读更多|阅读全文|继续阅读|閱讀更多|閱讀全文|繼續閱讀",
    r"더 보기|더 읽기|계속 읽기|Đọc thêm|อ่านต่อ|Baca selengkapnya",
)
_FIRST = r"(?:appeared first|first appeared)"
_KIND = r"(?:post|article|entry|piece|story)"
# A letter of a name in which a dot ends no sentence: Example.com.
_NAME = r"(?:[^.!?]|\.(?=\w))"
# "Read more about X" is Drupal's, "Read more of this story at X" Slashdot's; nothing but an arrow may follow otherwise.
_READ_ON = (
    rf"[\[(]?(?:{'|'.join(_MORE)})(?: (?:about|of|on|at|in|from|over|über|sur|sobre|su) {_NAME}{{1,180}})?"
    r"[\s.:…→»›>\])]*"
)
# A title that follows begins with a capital, and may hold any mark; "Continue reading at your peril." is a sentence.
_CONTINUE = r"Continue reading(?: (?:[^.!?]{1,180}[.!?…]?|(?-i:(?![a-zß-öø-ÿа-я])).{1,180}))?[\s→»›>]*"
# Yoast SEO's footer, now and in older releases, and its translations.
_FIRST_APPEARED = (
    # Its title begins with no small letter, and the site's name ends where its sentence does: "The entry to the mine
    # first appeared on maps in 1820. Miners use it still." is somebody's text.
    rf"(?:The|This) {_KIND} (?-i:(?![a-zß-öø-ÿа-я])).{{1,300}}? {_FIRST} on {_NAME}{{1,150}}[.!?]{{0,2}}",
    r"(?:Der|Dieser) (?:Beitrag|Artikel) .{1,300}? (?:erschien zuerst|ist zuerst erschienen) (?:auf|bei) .{1,200}",
    r"L[’'](?:article|entrée) .{1,300}? (?:est apparu|a été publié) en premier sur .{1,200}",
    r"(?:La entrada|El post|El artículo) .{1,300}? (?:se publicó|aparece|apareció) primero en .{1,200}",
    r"O (?:post|artigo|conteúdo) .{1,300}? (?:apareceu|aparece|foi publicado) primeiro (?:em|no|na) .{1,200}",
    r"L[’']articolo .{1,300}? (?:proviene da|sembra essere il primo su) .{1,200}",
    r"Het (?:bericht|artikel) .{1,300}? verscheen eerst op .{1,200}",
    r"(?:Inlägget|Innlegget|Indlægget) .{1,300}? (?:dök först upp|dukket først opp|blev først \w{1,20}) på .{1,200}",
    r"Artykuł .{1,300}? pochodzi z serwisu .{1,200}",
    r"(?:Запись|Сообщение) .{1,300}? (?:впервые появил\w{1,4}|появил\w{1,4} (?:первоначально|сначала)) .{1,200}",
    r"投稿 .{1,300}? は .{1,200}? に最初に表示されました。?",
)
_DISCOURSE = r"\d+ posts? - \d+ participants?"
_REDDIT = r"submitted by\s*\S.{0,80}\[link\]\s*\[[^\]]{0,20}comments?\]"
# hnrss: the whole description.
_HACKER_NEWS = r"(?:Article URL|Comments URL): \S+|Points: \d+|# Comments: \d+"
_NETWORKS = (
    r"(?:Facebook|Twitter|X|LinkedIn|Reddit|Pinterest|Tumblr|WhatsApp|Telegram|Pocket|Email|Print|More|Skype|Mastodon)"
)
_IN_WINDOW = r"(?: \(Opens in new window\))?"
_ALONE = (
    *_FIRST_APPEARED,
    _DISCOURSE,
    r"Read full topic",
    _REDDIT,
    # Reddit and Lemmy, each line a block.
    r"submitted by ?\S+(?: to \S+)?",
    r"\d+ points? \| \d+ comments?",
    r"\[link\](?: ?\[[^\]]{0,20}comments?\])?",
    _HACKER_NEWS,
    # Jetpack, AddToAny, FeedBurner and their like.
    r"Share(?: this)?(?: (?:post|article|story|entry|page))?:?(?: on| via| with)?(?: friends)?",
    r"Share/(?:Save|Bookmark)|(?:Sharing|Share) is caring!?|(?:Like|Rate) this:?|(?:Like )?Loading(?:…|\.{3})",
    rf"(?:Click to )?(?:share|tweet|pin|email|print)(?: this)?(?: on| to| via)+ (?:{_NETWORKS}|a friend){_IN_WINDOW}",
    r"Click to (?:print|email|share)\b.{0,80}\(Opens in new window\)",
    r"Tweet(?: this)?|Pin It|Stumble It!?|Digg This!?|Add to (?:del\.icio\.us|Facebook)|Email this(?: article)?",
    r"Teilen(?: mit)?:|Gefällt mir:|Comparte? esto:|Compartir(?: con)?:|Me gusta esto:|Partager ?:|J[’']aime ça :",
    r"Condividi:|Mi piace:|Compartilhe isso:|Curtir isso:|Delen:|Vind ik leuk:",
    rf"(?:{_NETWORKS}\s*){{2,20}}",
    r"Your browser does not support\b.{0,100}",
    r"Advertise?ments?|Anzeige|Werbung|Publicité|Publicidade?|Pubblicità|Реклама",
    r"(?:Story|Article) continues (?:below|after)\b.{0,60}",
    r"(?:Photo|Image|Picture)(?:graph)? by .{1,80} on (?:Unsplash|Pexels|Pixabay|Flickr)\.?",
)
_LAST = (
    r"[\s«»‹›←→<>|•·*–—-]{1,20}",
    r"(?:https?://\S{1,400} ?){1,3}",
    _READ_ON,
    _NETWORKS,
    r"\(?\s*Continue reading\b.{0,300}",
    r"\(?\s*more\s*(?:…|\.{3})?\s*\)?",
    # Labels.
    r"(?:Tags?|Tagged|Categor(?:y|ies)|Labels?|Topics?|Keywords?|Filed under|Posted in)\s?: .{1,300}",
    r"(?:Schlagw[oö]rter|Kategorien?|Étiquettes?|Catégories?|Etiquetas?|Categorías?)\s?: .{1,300}",
    r"(?:Filed under|Posted in|Tagged(?: as| with)?) [^.!?]{1,200}",
    # Comments.
    r"(?:\d+|No|Leave a|Add a|Post a|View|Read|Join the) (?:comments?|reply|replies|responses?|discussion)[.!»]?",
    r"No (?:comments|replies|responses) (?:yet|so far)\.?",
    r"Be the first to comment[.!]?|Comments are closed\.?|\d+ (?:Kommentare?|commentaires?|comentarios?)",
    r"\[?Comments?\]?|Permalink|Link to this (?:post|entry|item)|Discuss(?: (?:on|this) .{1,40})?|Reply",
    # Where it was before.
    rf"(?:This {_PIECE}\b.{{0,200}}? )?(?:Originally|First) (?:published|posted|appeared) (?:on|at|in|by) .{{1,200}}",
    r".{1,200} was originally published in .{1,120} on Medium\b.{0,120}",
    r"Cross-?posted (?:from|at|to|on) .{1,150}",
    # Podcasts.
    r"(?:(?:This|Today[’']s) (?:episode|podcast|show|week) (?:is |was )?)?(?:Sponsored by|Brought to you by)\b.{1,400}",
    r"(?:Our |Episode )?Sponsors?:.{0,400}|Support (?:the|this) (?:show|podcast)\b.{0,200}",
    r"Hosted (?:on|by) \w+\. See .{1,120}|(?:See|Learn more about your ad choices\. Visit) \S{1,60}/\w+\b.{0,120}",
    r"(?:Advertising Inquiries|Privacy & Opt-Out|Send in a voice message): \S+",
    r"(?:Podcast: )?Play in new window ?\|.{0,200}|Subscribe: .{1,200}|Download (?:audio|MP3|episode)\b.{0,100}",
    # The host speaks.
    r"Thanks for reading .{1,120}! .{0,200}|Subscribe (?:now|here|to .{1,120})[.!]?",
    r"Sign up (?:for|to) (?:our|the|my) .{0,120}newsletter.{0,120}",
    r"(?:Follow|Like) (?:us|me|@?\w+) on (?:Twitter|Facebook|Instagram|Mastodon|X)\b.{0,160}",
    r"Related(?: (?:posts?|articles?|stories|reading|links))?:?|Related(?: \w{1,12})?: .{1,200}",
    r"You (?:may|might) also (?:like|enjoy)[^.!?]{0,200}",
    r"\(Visited \d.{0,60}\)|Copyright (?:©|\(c\)|\d{4}).{0,200}|© .{1,200}|Posted by .{1,80}? (?:on|at) .{1,80}",
)
_TAILS = (
    *_FIRST_APPEARED,
    _CONTINUE,
    _READ_ON,
    r"(?:Share|Like) this:.{0,200}",
    _DISCOURSE,
    _REDDIT,
    _HACKER_NEWS,
    r"[^.!?]{1,120} was originally published in .{1,120} on Medium, where people are continuing [^.!?]{1,120}\.",
)

#: A block that is debris wherever it stands.
ALONE = re.compile("|".join(_ALONE), re.IGNORECASE)
#: A block that is debris where it is the last.
LAST = re.compile("|".join(_LAST), re.IGNORECASE)
#: Debris at the end of a text on one line: after the end of a sentence or of a word in brackets, or as the whole text,
#: and never in small letters, for "I want to read more" is a sentence. Hacker News has only a link named Comments.
TAIL = re.compile(
    rf"(?:(?:^|(?<=[\s.!?…\])。！？]))(?-i:(?![a-zß-öø-ÿа-я]))(?:{'|'.join(_TAILS)})"
    r"|\(\s*more\s*(?:…|\.{3})?\s*\)|^Comments)\s*$",
    re.IGNORECASE,
)
#: What stands before an author's name.
BYLINE = re.compile(
    r"(?:(?:(?:Written|Posted|Published) )?By:?|Von|Par|Por|Door|Av|Author:|Autor:|Автор:) (?P<names>.{1,120})",
    re.IGNORECASE,
)
