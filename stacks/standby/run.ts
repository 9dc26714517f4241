// Runs the program without Pulumi's language host: node bin/run.js up home=aws/ap-southeast-1
// It needs `pulumi` on PATH. State and configuration are the same as those of plain `pulumi` in this folder.
import * as path from "node:path";
import { InlineProgramArgs, LocalWorkspace } from "@pulumi/pulumi/automation";
import { program } from "./program";

async function main(command: string, settings: string[]): Promise<void> {
    const args: InlineProgramArgs = { stackName: process.env.STACK ?? "dev", projectName: "standby", program };
    const stack = await LocalWorkspace.createOrSelectStack(args, { workDir: path.dirname(__dirname) });
    for (const setting of settings) {
        const [name, ...value] = setting.split("=");
        await stack.setConfig(name, { value: value.join("=") });
    }
    const onOutput = (text: string) => void process.stdout.write(text);
    if (command === "preview") await stack.preview({ onOutput });
    else if (command === "up") await stack.up({ onOutput });
    else if (command === "destroy") await stack.destroy({ onOutput });
    else throw new Error("usage: node bin/run.js preview|up|destroy [NAME=VALUE ...]");
}

main(process.argv[2] ?? "", process.argv.slice(3)).catch((error: Error) => {
    process.stderr.write(`${error.message.split("\n")[0]}\n`);
    process.exitCode = 1;
});
