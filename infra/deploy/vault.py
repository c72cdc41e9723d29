"""Token and secret in SSM: what is never shown, and never written anywhere else."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class Vault:
    """SecureStrings by name. Errors of botocore pass through every method."""

    def __init__(self, ssm: SSMClient) -> None:
        self._ssm = ssm

    def get(self, name: str) -> str | None:
        """What a parameter holds; None where there is none."""
        try:
            return self._ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        except self._ssm.exceptions.ParameterNotFound:
            return None

    def put(self, name: str, value: str) -> None:
        """Create a parameter, or replace what it holds."""
        self._ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)

    def make_secret(self, name: str) -> bool:
        """A webhook's secret, unless there is one: whether it is new."""
        if self.get(name) is not None:
            return False
        self.put(name, token_urlsafe(48))
        return True

    def remove(self, *names: str) -> None:
        """Remove parameters; no matter if some are gone."""
        self._ssm.delete_parameters(Names=list(names))
