"""What stands on an article page and is not the article: by tag, by class and id, by its heading.

Pruning runs once over the tree before the text is extracted. An element is spared where it holds
the headline or most of the page's paragraphs, whatever its class says.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml.etree import strip_elements
from lxml.html import HtmlElement

_TAGS = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "canvas",
        "iframe",
        "frame",
        "object",
        "embed",
        "applet",
        "audio",
        "video",
        "source",
        "track",
        "map",
        "math",
        "form",
        "button",
        "input",
        "select",
        "textarea",
        "label",
        "nav",
        "aside",
        "footer",
        "dialog",
        "menu",
        "figcaption",
        "picture",
        "img",
        "link",
        "meta",
        "head",
        "datalist",
        "output",
        "progress",
        "meter",
        "amp-ad",
        "amp-img",
        "gu-island",
        "fencedframe",
    ]
)
_BOX_TAGS = frozenset({"ul", "ol", "article"})

# Words of class and id names (split at case, dash and underscore): any one of them is enough.
_WORDS = frozenset(
    [
        "related",
        "relatedarticles",
        "relatedposts",
        "recommended",
        "recommendation",
        "recommendations",
        "recirculation",
        "recirc",
        "outbrain",
        "taboola",
        "plista",
        "cleverpush",
        "newsletter",
        "newsletters",
        "abobox",
        "promobox",
        "breadcrumb",
        "breadcrumbs",
        "share",
        "sharing",
        "sharebar",
        "sharebuttons",
        "socialshare",
        "sharedaddy",
        "socialmedia",
        "addthis",
        "addtoany",
        "comments",
        "commentlist",
        "kommentare",
        "disqus",
        "commentsection",
        "advert",
        "advertisement",
        "advertising",
        "adslot",
        "adbox",
        "adcontainer",
        "anzeige",
        "werbung",
        "sponsored",
        "byline",
        "bylines",
        "authorbox",
        "authorbio",
        "authorinfo",
        "authorcard",
        "cookie",
        "cookies",
        "cookiebanner",
        "gdpr",
        "consent",
        "cmp",
        "toolbar",
        "pagination",
        "pager",
        "paginator",
        "skiplink",
        "screenreader",
        "visuallyhidden",
        "sronly",
        "mostread",
        "mostpopular",
        "trending",
        "readmore",
        "readmorelinks",
        "alsoread",
        "readalso",
        "caption",
        "captions",
        "imagecaption",
        "wpcaptiontext",
        "copyright",
        "imagecredit",
        "photocredit",
        "tags",
        "taglist",
        "keywords",
        "bildunterschrift",
        "bildtext",
        "legende",
        "piedefoto",
        "didascalia",
        "infobox",
        "infokasten",
        "factbox",
        "faktenbox",
        "twittertweet",
        "instagrammedia",
        "tiktokembed",
    ]
)
_PAIRS = re.compile(
    r"(?:^|\s)(?:read (?:more|next|also)|more (?:on|from|stories|news|articles)|most (?:read|popular|viewed)|"
    r"see also|up next|next (?:article|story)|related \w+|"
    r"sign up|social (?:share|media|bar|icons|links|buttons)|author (?:bio|box|info|card)|article (?:tags|"
    r"share|footer|comments|related)|"
    r"image (?:caption|credit)|photo (?:caption|credit)|media caption|wp caption text|sr only|screen reader|"
    r"visually hidden|ad (?:slot|container|wrapper|unit|banner)|"
    r"link list|linklist|teaser (?:list|group|box|grid|container|row)|in ?line (?:related|teaser|promo)|"
    r"infinite scroll|js off|no js)(?:\s|$)"
)
_SPARED_TAGS = frozenset({"body", "html", "main", "article", "content"})
_JUDGED_OTHERWISE = _SPARED_TAGS | {"figure"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_LETTERS = re.compile(r"[^a-z]+")

# Headings over lists of other articles, in the languages the catalogue has; compared folded, a colon behind allowed.
_HEADINGS = frozenset(
    """
    unsere empfehlungen|mehr dazu|mehr lesen|
    meistgelesene artikel|das könnte ihnen auch gefallen|lesen sie außerdem|mehr zu diesem artikel|
    schreibe einen kommentar|schreiben sie einen kommentar|kommentar hinterlassen|kommentieren|jetzt kommentieren|
    artikel teilen|diesen artikel teilen|leave a comment|leave a reply|post a comment|add a comment|
    join the conversation|read this next|keep reading|more like this|our picks|you might like|more videos|
    watch more|recommended for you|recommended articles|
    à lire également|à lire ensuite|sur le même thème|contenus sponsorisés|laisser un commentaire|nos vidéos|
    contenido relacionado|contenidos relacionados|nota relacionada|notas relacionadas|te recomendamos|
    le recomendamos|mira también|mirá también|lee más|deja un comentario|ver más|
    conteúdo relacionado|matérias relacionadas|veja mais|leia mais sobre|deixe um comentário|
    vedi anche|leggi tutto|lascia un commento|articoli consigliati|lees verder|
    läs vidare|mer om ämnet|mere om emnet|les mer om|lue seuraavaksi|
    czytaj dalej|zobacz więcej|mohlo by vás zajímat|další články|
    подробнее по теме|смотрите также|новости по теме|читайте далее|читайте ещё по теме|дивіться також|
    daha fazla oku|önerilen haberler|إقرأ المزيد|ذات صلة|こちらも読まれています|人気記事|추천 기사|热门文章|猜你喜欢|
    auch interessant|lesen sie auch|lesen sie mehr|lesen sie hier|lesen sie dazu|mehr zum thema|
    mehr zu diesem thema|weitere artikel|weitere themen|weiterlesen|
    das könnte sie auch interessieren|das könnte dich auch interessieren|passend zum thema|empfohlene artikel|
    unsere empfehlung|aus dem ressort|meistgelesen|
    mehr aus|zum thema|ähnliche artikel|ähnliche|themen|schlagworte|kommentare|kommentar schreiben|newsletter|
    anzeige|werbung|teilen|quellen|verwendete quellen|
    read more|read also|also read|read next|related|related articles|related stories|related news|related content|
    related topics|related posts|see also|more on this|
    more on this story|more from|more stories|most read|most popular|recommended|recommended stories|
    recommended reading|you may also like|you might also like|
    you may also be interested in|trending|trending now|latest news|top stories|editors' picks|editor's picks|
    recommended videos|don't miss|up next|
    advertisement|sponsored|promoted|sign up for our newsletter|subscribe now|share this article|share|comments|
    tags|topics|
    lire aussi|à lire aussi|a lire aussi|à lire|sur le même sujet|articles liés|les plus lus|voir aussi|
    à voir aussi|commentaires|publicité|
    lea también|lee también|leer también|te puede interesar|le puede interesar|más información|
    noticias relacionadas|artículos relacionados|lo más leído|comentarios|publicidad|
    leia também|leia mais|veja também|saiba mais|notícias relacionadas|mais lidas|
    leggi anche|potrebbe interessarti|potrebbero interessarti|articoli correlati|i più letti|
    lees ook|lees meer|meer over dit onderwerp|gerelateerd|meest gelezen|
    läs också|läs mer|läs även|les også|les mer|læs også|læs mere|lue myös|lue lisää|mest lest|
    czytaj więcej|czytaj także|czytaj też|zobacz także|zobacz też|zobacz również|przeczytaj także|polecane|
    powiązane|najczęściej czytane|
    čtěte také|čtěte více|související|související články|přečtěte si také|čítajte aj|súvisiace články|olvasta már|
    kapcsolódó|kapcsolódó cikkek|ezt is olvassa el|citește și|citiţi şi|
    читайте также|читать также|читайте ещё|по теме|материалы по теме|другие новости|рекомендуем|самое читаемое|
    читайте також|читайте ще|також читайте|прочетете още|
    διαβάστε επίσης|διαβάστε ακόμα|σχετικά άρθρα|ilgili haberler|ayrıca bakınız|bunlar da ilginizi çekebilir|
    bunu da oku|
    baca juga|baca selengkapnya|berita terkait|artikel terkait|pilihan editor|baca lagi|berita berkaitan|headline|
    xem thêm|tin liên quan|đọc thêm|
    اقرأ أيضا|اقرأ أيضًا|إقرأ أيضا|اقرأ المزيد|مواضيع ذات صلة|أخبار ذات صلة|بیشتر بخوانید|مطالب مرتبط|קראו גם|
    כתבות נוספות|यह भी पढ़ें|ये भी पढ़ें|और पढ़ें|
    関連記事|あわせて読みたい|おすすめ記事|おすすめ情報|ランキング|관련기사|관련 기사|많이 본 뉴스|
    相关阅读|相关新闻|相關新聞|延伸閱讀|延伸阅读|推荐阅读|อ่านเพิ่มเติม|ข่าวที่เกี่ยวข้อง
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_HEADING_TAGS = frozenset({"h2", "h3", "h4", "h5", "h6", "p", "div", "span", "strong", "b", "header", "em", "a", "dt"})
_HEADING_CHARS = 45
_TRIMMINGS = " :：…*#>»›→|-–—!."
_CARD_CHARS = 600
_OWN_CHARS = 600  # an article has as many characters in its paragraphs, beyond the first 60 of each
_TITLE_CHARS = 15
_NEAR = 8
_NOWHERE = ("#", "javascript:")
_SLUG_WORDS = 3
_NAMES_KEPT, _NAMES_CHARS = 8_192, 1_000
_SIDES = frozenset({"aside", "footer", "nav"})
_COMMENT_TAGS = frozenset({"div", "section", "ol", "ul"})
_SHORT_PARAGRAPH = 60
_BLOCKS = ("p", "div", "h1", "h2", "h3", "h4", "h5", "section", "ul", "article")
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:comments?-?(?:list|area|section|thread|s|box|container|wrapper)|comments|commentlist|"
    r"kommentare|commentaires|comentarios|disqus_thread)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NOT_WORDS = re.compile(r"[\W_]+")
_LIST_CHARS = 1_500  # a list of teasers is shorter than that; a section of an article is not


def prune(tree: HtmlElement, titles: frozenset[str] = frozenset()) -> None:
    """Take the furniture out of a page; changes the tree. `titles` are the article's, as letters."""
    keep = _kept(tree, titles)
    linked = _linked_cards(tree, keep)
    _drop_by_tag(tree, keep)
    doomed, headings, boxes = _suspects(tree, keep)
    for element in doomed:
        _drop(element)
    for element in headings:
        _drop_with_list(element, keep)
    for element in linked:
        _drop_with_remains(element, keep)
    for element in boxes:
        if _is_of_teasers(element, keep):
            _drop(element)


def _drop_by_tag(tree: HtmlElement, keep: set[HtmlElement]) -> None:
    """Drop what its tag alone condemns: two elements of three, so this is left to libxml2."""
    figures = [element for element in tree.iter("figure") if element not in keep and _is_picture(element)]
    kept_tags = _TAGS.intersection(element.tag for element in keep)
    for element in [element for element in tree.iter(*kept_tags) if element not in keep] if kept_tags else ():
        _drop(element)
    strip_elements(tree, *(_TAGS - kept_tags), with_tail=False)
    for figure in figures:
        _drop(figure)


def _suspects(
    tree: HtmlElement, keep: set[HtmlElement]
) -> tuple[list[HtmlElement], list[HtmlElement], list[HtmlElement]]:
    """Return what its class or id condemns, headings that may stand over other articles, and lists, in page order."""
    doomed: list[HtmlElement] = []
    headings: list[HtmlElement] = []
    boxes: list[HtmlElement] = []
    for element in tree.iter("*"):
        tag = element.tag
        if element not in keep and tag not in _JUDGED_OTHERWISE and _is_named_furniture(element):
            doomed.append(element)
        elif tag in _BOX_TAGS:
            boxes.append(element)
        elif tag in _HEADING_TAGS and _may_announce(element.text):
            headings.append(element)
    return doomed, headings, boxes


def _is_of_teasers(element: HtmlElement, keep: set[HtmlElement]) -> bool:
    """Tell a list of links or cards, or one card, that no headline or text depends on."""
    if element in keep:
        return False
    return _is_card(element) if element.tag == "article" else _is_link_list(element) or _is_card_list(element)


def _is_picture(figure: HtmlElement) -> bool:
    """Tell a figure with a picture from one around a table, code or a quotation."""
    return not _is_prose(figure) and next(figure.iter("table", "pre", "code", "blockquote"), None) is None


def _is_named_furniture(element: HtmlElement) -> bool:
    names = _names(element)
    return names != ("", "") and _is_furniture(*names)


def _names(element: HtmlElement) -> tuple[str, str]:
    """Return class and id, cut where no honest name ends: verdicts on them are remembered."""
    return (element.get("class") or "")[:_NAMES_CHARS], (element.get("id") or "")[:_NAMES_CHARS]


def _may_announce(text: str | None) -> bool:
    return text is not None and len(text) < 2 * _HEADING_CHARS and not text.isspace() and is_teaser_heading(text)


# Outlets name their boxes alike on every page, so a verdict is passed once for each name.
@lru_cache(maxsize=_NAMES_KEPT)
def _is_furniture(class_names: str, id_name: str) -> bool:
    if any(_is_furniture_name(_words_of(name)) for name in class_names.split()):
        return True
    words = _words_of(id_name)
    # The heading of a section as its anchor: its words are the article's.
    return words.count(" ") < _SLUG_WORDS and _is_furniture_name(words)


@lru_cache(maxsize=_NAMES_KEPT)
def _words_of(name: str) -> str:
    return _NOT_LETTERS.sub(" ", _CAMEL.sub(" ", name).lower()).strip()


@lru_cache(maxsize=_NAMES_KEPT)
def _is_furniture_name(words: str) -> bool:
    return (
        words.replace(" ", "") in _WORDS or not _WORDS.isdisjoint(words.split()[:3]) or _PAIRS.search(words) is not None
    )


def is_teaser_heading(text: str) -> bool:
    """Tell whether a line announces other articles (`Auch interessant`, `Read more:`)."""
    line = " ".join(text[: 8 * _HEADING_CHARS].split()).casefold().strip(_TRIMMINGS)
    return len(line) <= _HEADING_CHARS and line in _HEADINGS


def is_teaser_line(text: str) -> bool:
    """Tell a line that names another article behind such an announcement (`Lesen Sie auch: …`)."""
    front, colon, rest = text[: 4 * _HEADING_CHARS].partition(":")
    return bool(colon and rest) and len(text) < 250 and " " in front.strip() and is_teaser_heading(front)


def _kept(tree: HtmlElement, titles: frozenset[str]) -> set[HtmlElement]:
    """Return the elements no rule may take: those around the headline and around most of the running text.

    Readers' comments and side columns may hold more text than the article: theirs counts only where
    there is next to no other.
    """
    own: dict[HtmlElement, int] = {}
    other: dict[HtmlElement, int] = {}
    verdicts: dict[HtmlElement, bool] = {}
    for parent, weight in _weights(tree).items():
        ancestors = [parent, *parent.iterancestors()]
        for ancestor in ancestors:
            if ancestor not in verdicts:
                verdicts[ancestor] = _is_place_of_others(ancestor)
        weights = other if any(verdicts[ancestor] for ancestor in ancestors) else own
        for ancestor in ancestors:
            weights[ancestor] = weights.get(ancestor, 0) + weight
    if max(own.values(), default=0) < _OWN_CHARS:
        for ancestor, weight in other.items():
            own[ancestor] = own.get(ancestor, 0) + weight
    total = max(own.values(), default=0)
    keep = {element for element, weight in own.items() if 2 * weight > total}
    for h1 in _headlines(tree, titles):
        keep.update(h1.iterancestors())
    return keep


def _weights(tree: HtmlElement) -> dict[HtmlElement, int]:
    """Return how much running text stands in the paragraphs directly under each element."""
    weights: dict[HtmlElement, int] = {}
    for p in tree.iter("p"):
        weight = len(p.text_content()) - _SHORT_PARAGRAPH
        parent = p.getparent()
        if weight > 0 and parent is not None:
            weights[parent] = weights.get(parent, 0) + weight
    return weights


def _is_place_of_others(element: HtmlElement) -> bool:
    return (
        element.tag in _SIDES or (element.tag in _COMMENT_TAGS and _is_for_comments(*_names(element)))
    ) and element.find(".//h1") is None


@lru_cache(maxsize=_NAMES_KEPT)
def _is_for_comments(class_names: str, id_name: str) -> bool:
    return _COMMENTS.search(f"{class_names} {id_name}") is not None


def _headlines(tree: HtmlElement, titles: frozenset[str]) -> list[HtmlElement]:
    """Return the h1 elements that may be this article's: teasers have such headlines too."""
    h1s = [h1 for h1 in tree.iter("h1") if not any(ancestor.tag in _TAGS for ancestor in h1.iterancestors())]
    return [h1 for h1 in h1s if _NOT_WORDS.sub("", h1.text_content()[:1000].casefold()) in titles] or h1s


def _linked_cards(tree: HtmlElement, keep: set[HtmlElement]) -> list[HtmlElement]:
    """Return the teasers told by their links: a link around blocks, or picture and words with one address.

    Running text has neither: a link in it stands inside a paragraph and goes to its address once.
    """
    cards: list[HtmlElement] = []
    pictured: dict[str, HtmlElement] = {}
    worded: dict[str, HtmlElement] = {}
    for link in tree.iter("a"):
        address = (link.get("href") or "").strip()
        if not address or address.startswith(_NOWHERE) or link in keep:
            continue
        text = " ".join(link.text_content().split())
        if len(link) and _TITLE_CHARS <= len(text) <= _LIST_CHARS and any(True for _ in link.iter(*_BLOCKS)):
            cards.append(link)
        if 0 < len(text) < _TITLE_CHARS:
            continue
        (worded if text else pictured)[address] = link
        other = (pictured if text else worded).get(address)
        card = _around(other, link) if other is not None else None
        if card is not None and card.tag != "p" and card not in keep and _length(card) <= _CARD_CHARS:
            cards.append(card)
    return cards


def _around(first: HtmlElement, second: HtmlElement) -> HtmlElement | None:
    """Return the innermost element that holds both, if it is near."""
    near = set(islice(first.iterancestors(), _NEAR))
    return next((each for each in islice(second.iterancestors(), _NEAR) if each in near), None)


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _drop_with_remains(element: HtmlElement, keep: set[HtmlElement]) -> None:
    """Drop a teaser and the boxes that hold nothing else, or only the heading over it."""
    parent = element.getparent()
    _drop(element)
    while parent is not None and parent not in keep and parent.tag not in _SPARED_TAGS:
        if _length(parent) > _HEADING_CHARS:
            return
        parent, empty = parent.getparent(), parent
        _drop(empty)


def _drop_with_list(heading: HtmlElement, keep: set[HtmlElement]) -> None:
    """Drop a heading over other articles with what it heads: the box around both, or the list after it."""
    top = heading
    for ancestor in heading.iterancestors():
        if ancestor in keep or ancestor.tag in _SPARED_TAGS or _length(ancestor) > _LIST_CHARS or _is_prose(ancestor):
            break
        top = ancestor
    if top is heading or len(top.text_content().strip()) <= len(heading.text_content().strip()) + 3:
        follower = top.getnext()
        if follower is not None and follower not in keep and link_share(follower) > 0.6:
            _drop(follower)
    _drop(top)


def _is_prose(element: HtmlElement) -> bool:
    """Tell running text from teasers: a long paragraph that is no link."""
    return any(len(p.text_content()) > 200 and link_share(p) < 0.5 for p in element.iter("p"))


def _is_link_list(element: HtmlElement) -> bool:
    """Tell a list whose every item is a link and little else (a topic before it)."""
    items = [item for item in element if item.tag == "li" and (item.text_content() or "").strip()]
    return bool(items) and all(link_share(item) > 0.5 for item in items)


def _is_card_list(element: HtmlElement) -> bool:
    """Tell a list of teasers: three items or more, each a linked heading with some text."""
    items = [item for item in element if item.tag == "li"]
    return len(items) >= 3 and all(_is_card(item) for item in items)


def _is_card(element: HtmlElement) -> bool:
    """Tell the teaser of another article: short, with a heading that is a link or stands in one."""
    if _length(element) > _CARD_CHARS:
        return False
    for heading in element.iter("h2", "h3", "h4", "h5"):
        if heading.find(".//a") is not None or any(ancestor.tag == "a" for ancestor in heading.iterancestors()):
            return True
    return False


def _length(element: HtmlElement) -> int:
    """Return how many characters a reader sees: the indentation of the markup is none."""
    return len(" ".join(element.text_content().split()))


def link_share(element: HtmlElement) -> float:
    """Return the share of an element's letters that stand in links, 0 to 1."""
    links = (element,) if element.tag == "a" else tuple(element.iter("a"))
    total = len("".join(element.text_content().split())) if links else 0
    if not total:
        return 0.0
    return sum(len("".join(link.text_content().split())) for link in links) / total
