"""The one rule by which a row counts as Fairlead wrote it."""

import hmac

import pytest

from desktop.store.audit_signer import AuditSigner, ProofVerdict

CONTENT = ["optout", "all"]
KEY, OTHER, SECRET, OTHER_SECRET = "a key", "another key", "a secret", "another secret"


def signer_of(key: str = "", secret: str = "") -> AuditSigner:
    signer = AuditSigner()
    if key:
        signer.use_key(key)
    if secret:
        signer.use_proof_key(secret)
    return signer


@pytest.mark.parametrize(
    ("made_by", "asked_by", "verdict"),
    [
        (signer_of(KEY), signer_of(KEY), "proven"),
        (signer_of(KEY), signer_of(KEY, SECRET), "proven"),
        (signer_of(KEY), signer_of(OTHER), "unknown"),
        # Whoever starts a process sets the variable with the secret.
        (signer_of("", SECRET), signer_of(KEY, SECRET), "unknown"),
        (signer_of("", SECRET), signer_of("", SECRET), "proven"),
        (signer_of("", SECRET), signer_of("", OTHER_SECRET), "unknown"),
        (signer_of(KEY), signer_of("", SECRET), "unknown"),
        # A locked keyring: who has the key can tell, this process cannot.
        (signer_of(KEY), signer_of(), "unknown"),
        (signer_of(), signer_of(KEY), "edited"),
        (signer_of(), signer_of("", SECRET), "edited"),
        (signer_of(), signer_of(), "proven"),
    ],
)
def test_row_of_one_process_is_judged_by_another(
    made_by: AuditSigner, asked_by: AuditSigner, verdict: str
) -> None:
    assert asked_by.judge(made_by.prove("row", CONTENT), "row", CONTENT) == verdict


@pytest.mark.parametrize("asked_by", [signer_of(KEY), signer_of("", SECRET)])
def test_row_that_says_something_else_or_is_another_kind_of_row_is_edited(
    asked_by: AuditSigner,
) -> None:
    proof = asked_by.prove("row", CONTENT)
    assert asked_by.judge(proof, "row", ["optout", "none"]) is ProofVerdict.EDITED
    assert asked_by.judge(proof, "edit", CONTENT) is ProofVerdict.EDITED


@pytest.mark.parametrize("asked_by", [signer_of(), signer_of(KEY), signer_of("", SECRET)])
def test_proof_that_names_no_key_proves_nothing(asked_by: AuditSigner) -> None:
    mac = hmac.digest(b"", b'["row",["optout","all"]]', "sha256").hex()
    assert asked_by.judge(f" {mac}", "row", CONTENT) is ProofVerdict.UNKNOWN
