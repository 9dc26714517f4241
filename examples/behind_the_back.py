"""Deletes a server and a rule through an emulated cloud's own API, as somebody with a console would.

python behind_the_back.py SERVER_NAME_PREFIX GROUP_NAME_PREFIX PORT
python behind_the_back.py --make-a-network NAME CIDR
python behind_the_back.py --make-a-vpc NAME CIDR
"""

import sys

import boto3
from libcloud.compute.providers import get_driver

import mcloud_vng.driver  # noqa: F401 - registers the provider name
from mcloud.adapter.profile import current_name, load_profile


def connect():
    """A libcloud driver for the profile's account."""
    profile = load_profile(current_name()).cloud("vng")
    return get_driver("vng")(
        profile.settings["client_id"],
        profile.secret("client_secret", fallback_env="CLIENT_SECRET").reveal(),
        region="hcm-3",
        iam_endpoint=profile.endpoints["iam"],
        vserver_endpoint=profile.endpoints["vserver"],
    )


def make_a_vpc(name, cidr):
    """On AWS, with the profile's account."""
    profile = load_profile(current_name()).cloud("aws")
    ec2 = boto3.client(
        "ec2",
        region_name="ap-southeast-1",
        endpoint_url=profile.endpoints["aws"],
        aws_access_key_id=profile.settings["client_id"],
        aws_secret_access_key=profile.secret("client_secret", fallback_env="AWS_SECRET_ACCESS_KEY").reveal(),
    )
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": name}]}]
    ec2.create_vpc(CidrBlock=cidr, TagSpecifications=tags)
    sys.stdout.write(f"made the VPC {name}\n")


def main() -> None:
    """Do it."""
    if sys.argv[1] == "--make-a-vpc":
        make_a_vpc(*sys.argv[2:4])
        return
    driver = connect()
    if sys.argv[1] == "--make-a-network":
        driver.ex_create_network({"name": sys.argv[2], "cidr": sys.argv[3]})
        sys.stdout.write(f"made the network {sys.argv[2]}\n")
        return
    server_name, group_name, port = sys.argv[1:4]
    node = next(node for node in driver.list_nodes() if node.name.startswith(server_name))
    driver.destroy_node(node)
    group = next(item for item in driver.ex_list_security_groups() if item["name"].startswith(group_name))
    rules = driver.ex_list_security_group_rules(group["id"])
    rule = next(item for item in rules if item["direction"] == "ingress" and item["portRangeMin"] == int(port))
    driver.ex_delete_security_group_rule(group["id"], rule["id"])
    sys.stdout.write(f"deleted the server {node.name} and the rule for port {port} of {group['name']}\n")


if __name__ == "__main__":
    main()
