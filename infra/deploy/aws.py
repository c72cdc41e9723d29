"""The AWS account: who asks, in which region, and what AWS's refusals mean for a person."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from typing import Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from infra.deploy.refusal import Refusal

PATIENCE: Final = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}
)
_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN: Final = {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"}
_UNSIGNED: Final = {"SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed"}
_FORBIDDEN: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_BUSY: Final = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}


@dataclass(frozen=True)
class Account:
    """An account in a region."""

    number: str
    region: str
    session: boto3.Session


def sign_in(region: str | None = None) -> Account:
    """Who the person is to AWS, which is asked.

    Args:
        region: where the environment names one; else AWS_REGION, AWS_DEFAULT_REGION or the profile's says.

    Raises:
        Refusal: credentials or region are missing or wrong, or there is no way to AWS.
    """
    try:
        session = boto3.Session(region_name=region or os.environ.get("AWS_REGION"))
        where = _real(session)
        identity = session.client("sts", config=PATIENCE).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise Refusal(explained(error)) from None
    return Account(identity["Account"], where, session)


def _real(session: boto3.Session) -> str:
    where = session.region_name
    if not where:
        raise Refusal("No AWS region is chosen; name the one nearest to you: export AWS_REGION=eu-central-1")
    known = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("lambda", partition)
    ]
    if where not in known:
        near = difflib.get_close_matches(where, known, 1)
        example = near[0] if near else "eu-central-1"
        raise Refusal(f"{where} is no region of AWS; name a real one: export AWS_REGION={example}")
    return where


def explained(error: BotoCoreError | ClientError) -> str:
    """What a refusal of AWS's means, in one sentence, and what to do."""
    if isinstance(error, ClientError):
        return _explained_answer(error)
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return (
                "There are no AWS credentials on this machine; set them up: aws configure, or aws sso login."
            )
        case ProfileNotFound():
            return f"{error}; name one that ~/.aws/config has: export AWS_PROFILE=…"
        case SSOError() | TokenRetrievalError():
            return "The AWS sign-in has expired; sign in again: aws sso login."
        case LoginError():
            return "The AWS sign-in has expired; sign in again: aws login."
        case CredentialRetrievalError():
            return "The AWS credentials cannot be read; see why: aws sts get-caller-identity."
        case ProxyConnectionError() | SSLError():
            return "AWS cannot be reached through this network; check HTTPS_PROXY and AWS_CA_BUNDLE."
        case EndpointConnectionError() | HTTPClientError() | ConnectionClosedError():
            return "AWS cannot be reached; check this machine's network, then try again."
    return f"AWS cannot be asked: {str(error).rstrip('.')}."


def _explained_answer(error: ClientError) -> str:
    answer, asked = error.response.get("Error", {}), error.operation_name
    match answer.get("Code", "Unknown"):
        case code if code in _EXPIRED:
            return (
                "The AWS credentials have expired; sign in again (aws sso login, aws login or aws configure)."
            )
        case code if code in _UNKNOWN:
            return (
                "AWS does not know these credentials in this region; check them (aws configure), "
                "and that the account has the region enabled."
            )
        case code if code in _UNSIGNED:
            return "AWS rejects the signature; check the secret key (aws configure) and this machine's clock."
        case code if code in _FORBIDDEN:
            return (
                f"These AWS credentials may not do {asked}; use others, or ask whoever manages the account."
            )
        case code if code in _BUSY:
            return "AWS is asked too much at the moment; try again in a minute."
        case code:
            return (
                f"AWS refuses {asked} ({code}): {answer.get('Message', 'it does not say why').rstrip('.')}."
            )
