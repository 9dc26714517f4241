"""Amazon Web Services: ``adapter`` is the object that mcloud looks for."""

from __future__ import annotations

from mcloud_aws.adapter import AwsAdapter

adapter = AwsAdapter()
