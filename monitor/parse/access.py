"""Page -> whether what was read is the article: open, a teaser, a consent wall, or an error page.

A long text is the article, whatever stands around it. Only a short one is doubted: first by its
address and title, then by how much of what the page shows is about cookies, logging in, being a
robot or not being found, and last by the marks of a pay wall.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from monitor.model import Access
from monitor.parse.metadata import Metadata

SURE_CHARS = 1_500  # no wall seen carries as much text of its own; teasers of pay walls end below it
_WALL_CHARS = 2_500  # of visible words: a wall is a page with little else

_CMP_HOST = re.compile(
    r"^(?:consent|guce|cmp|cdn\.privacy-mgmt|privacy-?mgmt|cookies?|myprivacy|choices|privacy)\.|"
    r"privacy-mgmt\.com$|consensu\.org$"
)
_CMP_PATH = re.compile(
    r"/(?:privacy-?gate|cookie-?wall|consent-?(?:wall|management|redirect)|purabo|pur-abo|privacywall|"
    r"collectconsent)",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"cookies?\b|consent|einwillig|zustimm|datenschutz|werbung und tracking|tracking|pur-abo|personalisierte|"
    r"mit werbung|werbefrei|ohne werbung|widerruf|"
    r"accept all|alle akzeptieren|reject all|alle ablehnen|"
    r"privacy policy|privacy settings|your privacy|personal data|personenbezogen|partner(?:s|n)?\b|vendors|"
    r"tout accepter|accepter et|continuer sans accepter|"
    r"politique de confidentialité|données personnelles|consentement|aceptar|rechazar|consentimiento|"
    r"privacidad|acetta|accetta|rifiuta|consenso|informativa|"
    r"accepteren|weigeren|toestemming|privacybeleid|akceptuj|zgoda|zgody|prywatno|godkänn|samtyck|samtykke|"
    r"hyväksy|evästee|eväste|elfogad|adatvéd|sutik|přijmout|souhlas|súhlas|"
    r"согласие|файлы cookie|конфиденциальност|прийняти|згод|αποδοχή|συγκατάθεση|çerez|kabul et|aceitar|"
    r"consentimento|privacidade|クッキー|同意|쿠키|동의|接受|隐私|隱私|موافق|ملفات تعريف",
    re.IGNORECASE,
)
_CONSENT_MARKS = 4
_ERROR_TITLE = re.compile(
    r"^\W*(?:error\s*|http\s*)?(?:4(?:0[0-9]|1\d|29|51)|50[0-9])\s*(?:$|[-–—|:.]|(?:error|fehler|not|page|"
    r"seite|forbidden)\b)|\b40[34]\b.*(?:not found|forbidden|error|fehler)|"
    r"\b(?:page|site|article|story|content) (?:not|cannot be|can't be|could not be) found|"
    r"^not found\b|\bpage (?:doesn.t|does not|no longer) exists?|seite (?:wurde )?nicht gefunden|seite "
    r"existiert nicht|artikel nicht (?:gefunden|verfügbar)|page (?:introuvable|non trouvée|inexistante)|"
    r"página no encontrada|no se (?:ha )?encontr|página não encontrada|pagina non trovata|pagina niet "
    r"gevonden|strona nie (?:została )?(?:znaleziona|istnieje)|nie znaleziono|sidan hittades inte|"
    r"siden (?:blev )?ikke (?:fundet|funnet)|sivua ei löy|stránka nenalezena|stránka neexistuje|az oldal nem "
    r"található|pagina nu a fost găsită|страница не найдена|сторінк\w+ не знайдено|"
    r"sayfa bulunamadı|halaman tidak ditemukan|ページが見つかりません|"
    r"お探しのページ|페이지를 찾을 수 없|页面不存在|找不到(?:页面|頁面|網頁)|الصفحة "
    r"غير موجودة|העמוד לא נמצא|"
    r"^just a moment|attention required|access (?:denied|to this page has been denied)|zugriff verweigert|"
    r"accès refusé|acceso denegado|доступ запрещ|are you (?:a )?(?:robot|human)|"
    r"robot check|human verification|security check|checking your browser|verify you are|please verify|"
    r"captcha|pardon our interruption|request (?:blocked|rejected)|"
    r"service unavailable|bad gateway|internal server error|gateway time-?out|site maintenance|"
    r"wartungsarbeiten|under maintenance|"
    r"^(?:log ?in|sign ?in|anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesión|accedi|entrar|"
    r"inloggen|zaloguj|logga in|вход|giriş)\W*(?:$|[|–-])|^(?:loading|redirecting|weiterleitung|please wait)\b",
    re.IGNORECASE,
)
_ERROR_WORDS = re.compile(
    r"(?:enable|activate|turn on) javascript|javascript (?:is|seems to be|must be) (?:disabled|required|"
    r"enabled|turned off)|javascript (?:zu )?aktivieren|aktivieren sie (?:bitte )?javascript|"
    r"activer javascript|activez javascript|habilit[ae]r? javascript|attiva(?:re)? javascript|включите "
    r"javascript|увімкніть javascript|włącz javascript|"
    r"unusual (?:traffic|activity)|not a robot|kein roboter|pas un robot|no eres un robot|non sei un robot|"
    r"verify (?:that )?you are (?:a )?human|complete the (?:security check|captcha)|"
    r"checking (?:if the site connection is secure|your browser)|ddos protection|cf-ray|ray id|incident id|"
    r"reference #[\d.a-f]+|you don't have permission to access|"
    r"(?:page|article|seite|artikel)\b.{0,40}\b(?:not found|does(?:n't| not) exist|no longer (?:available|"
    r"exists)|nicht gefunden|nicht mehr verfügbar|existiert nicht)",
    re.IGNORECASE,
)
_PAY_CLASS = re.compile(
    r"(?:class|id|data-[\w-]+)=[\"'][^\"'>]{0,200}?\b(?:pay-?wall\w*|reg-?wall|piano-\w+|tp-modal|"
    r"premium-(?:wall|barrier|overlay|teaser|box)|metered-\w+|subscriber-only|subscription-(?:wall|required)|"
    r"abo-?(?:wall|schranke|hinweis|barriere)|plus-?(?:wall|barrier)|article-?locked|content-?locked|"
    r"is-?locked|paid-?barrier|offer-?wall|muro-pago|laterpay|steady-?paywall)",
    re.IGNORECASE,
)
# One of these is in every name above: the pattern, which is slow, needs to look around them only.
_PAY_STEMS = (
    "wall", "piano-", "tp-modal", "premium-", "metered-", "subscriber-only", "subscription-required", "barrier",
    "schranke", "hinweis", "locked", "muro-pago", "laterpay",
)  # fmt: skip
_AROUND_STEM = (300, 40)  # characters: from the attribute's name to the stem, from there to the name's end
_MANY_PLACES = 500  # beyond, one look at everything is cheaper
_PAY_WORDS = re.compile(
    r"(?:subscribe|sign up|log in|register)(?: now)? to (?:continue|keep|read)|(?:already|existing) (?:a "
    r")?subscriber|subscribers? only|for subscribers|this (?:article|content|story) is (?:for|reserved|"
    r"exclusive|only)|"
    r"continue reading (?:with|your|this)|start (?:your )?(?:free )?trial|weiterlesen mit|jetzt "
    r"(?:weiterlesen|abonnieren|testen)|bereits abonnent|(?:für|nur für) abonnenten|mit (?:einem )?abo\b|"
    r"(?:dieser|diesen) artikel .{0,40}(?:abonnent|plus|abo\b)|registrieren (?:sie sich|und) .{0,30}(?:lesen|"
    r"weiter)|réservé aux abonnés|article réservé|déjà abonné|il vous reste .{0,20} de cet article|"
    r"(?:contenido|artículo|noticia) (?:exclusivo|solo|sólo) para (?:suscriptores|socios)|suscríbete para|ya "
    r"eres suscriptor|exclusivo para assinantes|já é assinante|contenuto riservato|riservato agli abbonati|"
    r"sei già abbonato|alleen voor abonnees|al abonnee|verder lezen|dla prenumeratorów|dla subskrybentów|"
    r"czytaj dalej z|för prenumeranter|redan prenumerant|for abonnenter|kun for abonnenter|vain tilaajille|"
    r"только (?:для|по) подпис|по подписке|оформите подписку|передплатник|sadece aboneler|有料会員|会員限定|続きを読む|"
    r"この記事は有料|유료회원|구독자 전용|付费阅读|訂閱|للمشتركين",
    re.IGNORECASE,
)


def judge(text: str, facts: Metadata, *, url: str, seen: Callable[[], str] = str, source: str = "") -> Access:
    """Return what stands in front of the article, if anything.

    `seen` gives every word the page shows, and is asked only where the answer hangs on it; `source`
    is its markup. Both are needed only for a text under SURE_CHARS.
    """
    if len(text) >= SURE_CHARS:
        return Access.OPEN
    if _is_consent(text, facts, url, seen):
        return Access.CONSENT
    if _is_error(text, facts, seen):
        return Access.ERROR
    if _is_paywall(text, facts, seen, source):
        return Access.PAYWALL
    return Access.OPEN


def _is_consent(text: str, facts: Metadata, url: str, seen: Callable[[], str]) -> bool:
    parts = urlsplit(url)
    if _CMP_HOST.search(parts.hostname or "") or _CMP_PATH.search(parts.path):
        return True
    if facts.published is not None:
        return False
    shown = text if len(text) > 300 else seen()
    if not shown or len(shown) > _WALL_CHARS:
        return False
    marks = _CONSENT.findall(shown)
    # One mark in a dozen words: an article about cookies says other things between.
    return len({mark.casefold() for mark in marks}) >= _CONSENT_MARKS and 100 * len(marks) > len(shown) / 2


def _is_error(text: str, facts: Metadata, seen: Callable[[], str]) -> bool:
    if any(_ERROR_TITLE.search(title) for title in facts.titles) and not (facts.published and len(text) > 400):
        return True
    if len(text) >= 400 or facts.published is not None:
        return False
    shown = seen() or text
    return len(shown) < _WALL_CHARS and _ERROR_WORDS.search(shown) is not None


def _is_paywall(text: str, facts: Metadata, seen: Callable[[], str], source: str) -> bool:
    if facts.is_free is False:
        return True
    if facts.is_free is True or len(text) < 20:
        return False
    return _has_pay_class(source) and _PAY_WORDS.search(seen()) is not None


def _has_pay_class(source: str) -> bool:
    lowered = source.lower()
    places = [at for stem in _PAY_STEMS for at in _places(lowered, stem)]
    if len(places) > _MANY_PLACES:
        return _PAY_CLASS.search(lowered) is not None
    before, behind = _AROUND_STEM
    return any(_PAY_CLASS.search(lowered, max(at - before, 0), at + behind) for at in places)


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)
