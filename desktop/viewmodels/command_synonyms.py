"""The one table of words that find a command of the palette besides its own name.

What agents say, and what other programs call the same thing.
"""

from collections.abc import Mapping
from types import MappingProxyType

_OPT_OUT = (
    "opt-out opt out stop unsubscribe unsubscribed marketing newsletter mail e-mail block suppress"
    " suppression consent do-not-contact spam gdpr"
)

# By a command's name; commands made for a customer, a list or a sync have a kind instead.
COMMAND_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "About Fairlead": "version licences licenses logs report",
        "Activity": "changes history audit log",
        "Add note": "comment internal hand-over handover colleague ticket reply",
        "Ask a lead": "request right permission",
        "Back": "previous customer",
        "Change e-mail": "address mail correct rename identity merge move",
        "Copy e-mail address": "clipboard mail",
        "Customer value settings": "score scale segment prediction lifetime clv ltv",
        "Customers": "people users profiles sheet",
        "Did the mail go out?": "sent bounced received e-mail trail campaign",
        "Fields of Zendesk and Sailthru": "catalogue catalog merge tags liquid vars types coverage",
        "Find a customer": "search look up lookup open",
        "Follow Zendesk in this tab": "following",
        "Follow Zendesk": "ticket browser watch beside",
        "Forward": "next customer",
        "Help": "documentation manual how guide",
        "High contrast": "accessibility colours colors visibility",
        "Keyboard shortcuts": "keys hotkeys cheat sheet",
        "Look around with invented data": "demo training sample example",
        "Many at once": "paste bulk list addresses csv spreadsheet mass",
        "Move tab backward": "reorder left",
        "Move tab forward": "reorder right",
        "Narrow window": "column beside browser small",
        "New sync": "add create template preset rule trigger automation",
        "New tab": "open another customer",
        "Pin tab": "unpin keep",
        "Print customer": "paper printer pdf sheet",
        "Privacy: Erase…": "gdpr personal data subject delete forget",
        "Privacy: Export…": "gdpr personal data subject access",
        "Refresh": "reload read again update",
        "Reopen closed tab": "undo close",
        "Reset zoom": "100 % size normal",
        "Right-to-left layout": "rtl arabic hebrew persian mirror direction",
        "Save customer as PDF": "print export paper document sheet",
        "Search this page": "find filter",
        "Set up Fairlead": "wizard connect begin install",
        "Stay on top": "pin always above front",
        "Undo": "take back revert mistake",
        "Why opted out?": f"reason cause explain who when history {_OPT_OUT}",
        "Zoom in": "larger bigger size",
        "Zoom out": "smaller size",
        # Commands of the customer shown.
        "create": "make new sailthru profile add missing",
        "health": "mood satisfaction sentiment happy neutral frustrated unhappy angry",
        "list": "subscribe newsletter audience segment membership join add put",
        "list about": "details people who syncs",
        "list off": "unsubscribe leave remove newsletter audience segment membership stop",
        "opt-in": "opt-in optin opt in resubscribe again allow marketing e-mail mail consent",
        "opt-out": _OPT_OUT,
        "pause": f"snooze hold stop vacation later fewer {_OPT_OUT}",
        "pause end": "resume unpause continue marketing snooze",
        "profile data": "fields vars attributes custom edit value",
        "sync mark": "copy send check box field customer person",
        # Commands of a sync.
        "sync cancel": "stop abort end",
        "sync open": "show tab",
        "sync preview": "plan dry run simulate what would change",
        "sync remove": "delete",
        "sync rename": "edit title favourite",
        "sync retry": "again failed refused correct conflicts",
        "sync run": "sync run start write now copy push transfer",
        "sync switch": "enable disable activate turn schedule",
        # Settings.
        "settings connections": "zendesk sailthru sign in out log token oauth api key secret test"
        " connection disconnect forget erase account reconnect",
        "settings permissions": "rights roles agents marketers admins allow read only",
        "settings names": "score scale segment prediction fields",
        "settings texts": "templates macros snippets hand-over",
        "settings syncs": "scheduled runs timer notifications mail server smtp test e-mail"
        " password",
        "settings data": "erase privacy retention storage kept saved customers gdpr",
        "settings window": "appearance dark light",
        "settings team": "managed rollout export policy file organisation",
        "settings advanced": "expert",
        "settings about": "version licences logs report",
        "theme": "theme dark light mode colour color night day contrast",
    }
)


def synonyms_of(command: str) -> str:
    """Return the words that find a palette's command besides its name, by its name or kind."""
    return COMMAND_SYNONYMS.get(command, "")
