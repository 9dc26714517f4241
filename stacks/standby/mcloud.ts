// The resources of mcloud's provider that this program uses. `pulumi package gen-sdk` makes classes for all of them.
import * as pulumi from "@pulumi/pulumi";

type Inputs = Record<string, pulumi.Input<unknown>>;
type Text = pulumi.Input<string>;

class Resource extends pulumi.CustomResource {
    constructor(token: string, name: string, inputs: Inputs, outputs: string[], options?: pulumi.CustomResourceOptions) {
        // What is not among the properties when it is registered would not be there when it has answered.
        super(token, name, { ...Object.fromEntries(outputs.map((output) => [output, undefined])), ...inputs }, options);
    }
}

export interface Placed {
    /** Where it runs: cloud/region or cloud/region/zone. */
    placement: Text;
}

export class Network extends Resource {
    constructor(name: string, inputs: Placed & { cidr: Text }, options?: pulumi.CustomResourceOptions) {
        super("mcloud:network:Network", name, { ...inputs }, [], options);
    }
}

export class Subnet extends Resource {
    constructor(
        name: string,
        inputs: Placed & { network: Text; cidr: Text; internet?: "none" | "outbound" | "direct" },
        options?: pulumi.CustomResourceOptions,
    ) {
        super("mcloud:network:Subnet", name, { ...inputs }, [], options);
    }
}

export class SecurityGroup extends Resource {
    constructor(name: string, inputs: Placed & { network: Text }, options?: pulumi.CustomResourceOptions) {
        super("mcloud:network:SecurityGroup", name, { ...inputs }, [], options);
    }
}

export class SecurityGroupRule extends Resource {
    constructor(
        name: string,
        inputs: Placed & {
            group: Text;
            direction: "ingress" | "egress";
            protocol: Text;
            fromPort?: pulumi.Input<number>;
            toPort?: pulumi.Input<number>;
            cidr?: Text;
        },
        options?: pulumi.CustomResourceOptions,
    ) {
        super("mcloud:network:SecurityGroupRule", name, { ...inputs }, [], options);
    }
}

export class Server extends Resource {
    /** Its address in the network. */
    public declare readonly privateIp: pulumi.Output<string>;

    constructor(
        name: string,
        inputs: Placed & {
            size: { vcpu: number; memory: string };
            image: { os: string; version: string };
            subnet: Text;
            securityGroups?: Text[];
        },
        options?: pulumi.CustomResourceOptions,
    ) {
        super("mcloud:compute:Server", name, { ...inputs }, ["privateIp"], options);
    }
}

export class Volume extends Resource {
    constructor(name: string, inputs: Placed & { size: Text }, options?: pulumi.CustomResourceOptions) {
        super("mcloud:storage:Volume", name, { ...inputs }, [], options);
    }
}

export class VolumeAttachment extends Resource {
    constructor(name: string, inputs: Placed & { volume: Text; server: Text }, options?: pulumi.CustomResourceOptions) {
        super("mcloud:storage:VolumeAttachment", name, { ...inputs }, [], options);
    }
}

export interface Lifecycle {
    expireNoncurrentAfterDays?: number;
    abortMultipartAfterDays?: number;
}

export class Bucket extends Resource {
    /** Its name on the cloud. */
    public declare readonly name: pulumi.Output<string>;
    /** Where S3 clients reach it. */
    public declare readonly endpoint: pulumi.Output<string>;

    constructor(
        name: string,
        inputs: Placed & { versioning?: boolean; lifecycle?: Lifecycle[] },
        options?: pulumi.CustomResourceOptions,
    ) {
        super("mcloud:storage:Bucket", name, { ...inputs }, ["name", "endpoint"], options);
    }
}
