"""The session directory's documents and headers, as the games' client library and the service write them."""
import hashlib
import json
from dataclasses import dataclass

HOST = "sessiondirectory.xboxlive.com"
CLIENT_HOST = "client-sessiondirectory.xboxlive.com"
FAKE_TOKEN = "obviously-fake-token"        # must not appear in any output
FAKE_SIGNATURE = "b2J2aW91c2x5LWZha2Utc2ln"  # nor this


def digest(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def guid(*parts):
    d = digest(*parts)
    return f"{d[:8]}-{d[8:12]}-4{d[13:16]}-8{d[17:20]}-{d[20:32]}"


def etag(*parts):
    """A quoted entity tag, of the same length always."""
    return '"' + guid("etag", *parts) + '"'


@dataclass(frozen=True)
class Title:
    name: str
    title_id: int
    scid: str      # its last eight hex digits are the title id
    template: str
    sandbox: str   # the service adds X-Xbl-Debug lines in development sandboxes; "" is retail

    def shown_id(self):
        return f"{self.title_id:08X}"

    def session(self, name, element=""):
        return (f"/serviceconfigs/{self.scid}/sessionTemplates/{self.template}/sessions/{name}"
                + (f"/{element}" if element else ""))


@dataclass(frozen=True)
class User:
    gamertag: str
    xuid: str
    title: Title
    address: str

    def user_hash(self):
        return str(int(digest("hash", self.xuid)[:16], 16))

    def headers(self, host=HOST, contract=107, **more):
        """Request headers; keyword arguments are further fields, underscores for hyphens."""
        pairs = [("Host", host), ("User-Agent", "XboxServicesAPI/2026.02.20260211.1 MultiplayerManager"),
                 ("x-xbl-contract-version", contract), ("Accept-Language", "en-US,en"),
                 ("Authorization", f"XBL3.0 x={self.user_hash()};{FAKE_TOKEN}-{digest('token', self.xuid)}"),
                 ("Signature", FAKE_SIGNATURE + digest("signature", self.xuid)[:40])]
        return pairs + [(name.replace("_", "-"), value) for name, value in more.items()]


def service_headers(user, mode, **more):
    """Response headers of the service."""
    pairs = [("Cache-Control", "max-age=0, must-revalidate"), ("X-XblCorrelationId", guid("correlation", user.xuid, mode, *more.values()))]
    if user.title.sandbox:
        pairs += [("X-Xbl-Debug", f"title={user.title.title_id}, device=FD00AB12CD34EF56, sandbox={user.title.sandbox}, mode={mode}"),
                  ("X-Xbl-Debug", f"user0={user.xuid}; gamertag={user.gamertag}")]
    return pairs + [(name.replace("_", "-"), value) for name, value in more.items()]


def compact(document):
    return json.dumps(document, separators=(",", ":")).encode()


def member(user, following, joined="2026-03-14T15:00:01.4920018Z"):
    return {"next": following, "joinTime": joined,
            "constants": {"system": {"xuid": user.xuid, "initialize": True}, "custom": {}},
            "properties": {"system": {"active": True}, "custom": {"squad": "amber"}},
            "gamertag": user.gamertag, "activeTitleId": str(user.title.title_id)}


def session(title, name, members, change=1, **properties):
    """An entire session document."""
    return {"membersInfo": {"first": 0, "next": len(members), "count": len(members), "accepted": len(members)},
            "constants": {"system": {"version": 1, "maxMembersCount": 8, "visibility": "open",
                                     "capabilities": {"connectivity": True, "gameplay": True},
                                     "inviteProtocol": "game"}, "custom": {}},
            "properties": {"system": {"joinRestriction": "none", "turn": []}, "custom": properties},
            "members": {str(i): member(user, i + 1) for i, user in enumerate(members)},
            "servers": {}, "contractVersion": 107, "correlationId": guid("correlation", name, change),
            "startTime": "2026-03-14T15:00:00.1234567Z", "branch": guid("branch", name), "changeNumber": change}


def join(user, **properties):
    """The request body of creating or joining a session."""
    return {"members": {"me": {"constants": {"system": {"xuid": user.xuid, "initialize": True}},
                               "properties": {"system": {"active": True}, "custom": properties}}}}


LEAVE = {"members": {"me": None}}


def activity(title, name):
    return {"version": 1, "type": "activity",
            "sessionRef": {"scid": title.scid, "templateName": title.template, "name": name}}


def handle(user, name, kind="activity"):
    return {"id": guid("handle", user.xuid, name), "type": kind, "version": 1,
            "sessionRef": {"scid": user.title.scid, "templateName": user.title.template, "name": name},
            "titleId": str(user.title.title_id), "ownerXuid": user.xuid,
            "createTime": "2026-03-14T15:00:02.0000000Z"}


def search(title):
    return {"type": "search", "scid": title.scid, "templateName": title.template, "filter": "numbers/skill gt 40"}


def rate_limit(current, maximum, period):
    """The body of a 429 by fine-grained rate limiting."""
    return {"version": 1, "currentRequests": current, "maxRequests": maximum, "periodInSeconds": period,
            "limitType": "Rate"}
