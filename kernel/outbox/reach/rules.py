"""Which channels a message takes: what the person wants, and a floor that cannot be switched off; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

PAGE, NOTICE = "page", "notice"
KIND_LABELS = {PAGE: "呼叫（须立即响应）", NOTICE: "通知"}
INAPP = "inapp"
CHANNEL_LABELS = {
    "sms": "短信",
    "email": "邮件",
    "wecom": "企业微信机器人",
    "dingtalk": "钉钉机器人",
    "webhook": "网络回调",
    INAPP: "站内消息",
}
OUTSIDE = tuple(c for c in CHANNEL_LABELS if c != INAPP)
"""What reaches people who are not looking at the platform, the surest first."""
ROBOTS = ("wecom", "dingtalk", "webhook")
FLOOR = {PAGE: 2, NOTICE: 1}
"""So many outside channels are taken whatever is switched off, as far as the person has them."""
LONGEST = 254
WRONG_PHONE = "电话号码只能由数字、空格和横线组成，可以+开头。"


def chosen(kind: str, ways: Mapping[str, str], muted: Collection[str]) -> list[str]:
    """Return the channels to take of those the person has; in-app is always among them."""
    has = [channel for channel in OUTSIDE if ways.get(channel)]
    wanted = [channel for channel in has if channel not in muted]
    spare = [channel for channel in has if channel in muted]
    wanted += spare[: max(0, FLOOR[kind] - len(wanted))]
    return [channel for channel in (*OUTSIDE, INAPP) if channel in wanted or channel == INAPP]


def wrong_phone(phone: str) -> bool:
    """Whether this is no telephone number."""
    digits = phone.removeprefix("+").replace("-", "").replace(" ", "")
    return not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20)


def wrong_url(url: str) -> bool:
    """Whether this is no address that a message could be posted to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return True
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST
    return not plain or parts.scheme not in ("http", "https") or not host or port == 0 or "@" in parts.netloc


def masked(address: str) -> str:
    """Return an address as others may see it: the path of a robot's URL is its password."""
    if not address.startswith(("http://", "https://")):
        return address
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/…"
