"""A store in S3: conditional requests, so that two people who promote at once cannot undo each other."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from emotion_bot.store.errors import Conflict, StoreError
from emotion_bot.store.objects import MAX_OBJECT, Stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PATIENCE = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
"""Out of reach is noticed in seven seconds: the recognizer's INIT has ten."""
_ABSENT = {"NoSuchKey", "404"}
_CHANGED = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class S3Store:
    """Objects are keys under `prefix` of `bucket`; a tag is the ETag. Honours AWS_ENDPOINT_URL."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket, self._prefix = bucket, prefix
        # A local S3 answers under one host name; the real one has a name for each bucket.
        local = "AWS_ENDPOINT_URL" in os.environ or "AWS_ENDPOINT_URL_S3" in os.environ
        config = PATIENCE.merge(Config(s3={"addressing_style": "path" if local else "auto"}))
        try:
            self._s3: S3Client = boto3.client("s3", config=config)
        except (BotoCoreError, ValueError) as error:
            raise StoreError(f"AWS is not set up on this machine: {error}.") from error

    def get(self, name: str) -> Stored | None:
        """See `Store.get`."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + name)
            if answer["ContentLength"] > MAX_OBJECT:
                raise StoreError(
                    f"{self._url(name)} is larger than {MAX_OBJECT >> 20} MiB; this is no bundle of this bot."
                )
            return Stored(answer["Body"].read(), answer["ETag"])
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise StoreError(f"{self._url(name)} cannot be read: {_reason(error)}.") from error
        except BotoCoreError as error:
            raise StoreError(f"{self._url(name)} cannot be read: {error}.") from error

    def names(self) -> set[str]:
        """See `Store.names`."""
        pages = self._s3.get_paginator("list_objects_v2")
        try:
            return {
                item["Key"].removeprefix(self._prefix)
                for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix)
                for item in page.get("Contents", ())
            }
        except ClientError as error:
            raise StoreError(f"{self._url('')} cannot be read: {_reason(error)}.") from error
        except BotoCoreError as error:
            raise StoreError(f"{self._url('')} cannot be read: {error}.") from error

    def put(self, name: str, data: bytes, *, replacing: str | None) -> None:
        """See `Store.put`."""
        try:
            if replacing is None:
                self._s3.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=data, IfNoneMatch="*")
            else:
                self._s3.put_object(
                    Bucket=self._bucket, Key=self._prefix + name, Body=data, IfMatch=replacing
                )
        except ClientError as error:
            if error.response["Error"]["Code"] in _CHANGED:
                raise Conflict(
                    f"{self._url(name)} was written by somebody else meanwhile; look at it, then try again."
                ) from error
            raise StoreError(f"{self._url(name)} cannot be written: {_reason(error)}.") from error
        except BotoCoreError as error:
            raise StoreError(f"{self._url(name)} cannot be written: {error}.") from error

    def _url(self, name: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{name}"


def _reason(error: ClientError) -> str:
    answer = error.response["Error"]
    return f"{answer['Code']}, {answer['Message'].rstrip('.')}"
