"""Amazon Web Services: ``adapter`` is the object that mcloud looks for."""

from __future__ import annotations

from mcloud_aws.definition import AwsAdapter

adapter = AwsAdapter()
