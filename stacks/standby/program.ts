// A server with a volume and a bucket at home; a standby bucket, with older versions, on another cloud.
import * as pulumi from "@pulumi/pulumi";
import * as mcloud from "./mcloud";

/** Registers it all, as the stack's configuration says. Returns the stack's outputs. */
export async function program() {
    const config = new pulumi.Config();
    const placement = config.get("home") ?? "vng/hcm";
    const away = config.get("away") ?? "aws/ap-southeast-1";
    // Whatever becomes of these resources (another placement, destroy), what holds data stays on its cloud.
    const stays = { retainOnDelete: true };

    const network = new mcloud.Network("main", { placement, cidr: "10.80.0.0/16" });
    const subnet = new mcloud.Subnet("primary", {
        placement,
        network: network.id,
        cidr: "10.80.1.0/24",
        internet: "direct",
    });
    const group = new mcloud.SecurityGroup("primary", { placement, network: network.id });
    new mcloud.SecurityGroupRule("https", {
        placement,
        group: group.id,
        direction: "ingress",
        protocol: "tcp",
        fromPort: 443,
        toPort: 443,
        cidr: "0.0.0.0/0",
    });
    const server = new mcloud.Server("primary", {
        placement,
        size: { vcpu: 2, memory: "4 GiB" },
        image: { os: "ubuntu", version: "22.04" },
        subnet: subnet.id,
        securityGroups: [group.id],
    });
    const data = new mcloud.Volume("data", { placement, size: "50 GiB" }, stays);
    new mcloud.VolumeAttachment("data", { placement, volume: data.id, server: server.id });

    const primary = new mcloud.Bucket("primary", { placement }, stays);
    const standby = new mcloud.Bucket(
        "standby",
        {
            placement: away,
            versioning: true,
            lifecycle: [{ expireNoncurrentAfterDays: 30 }, { abortMultipartAfterDays: 7 }],
        },
        stays,
    );
    return {
        server: server.privateIp,
        primary: primary.name,
        primaryEndpoint: primary.endpoint,
        standby: standby.name,
        standbyEndpoint: standby.endpoint,
    };
}
