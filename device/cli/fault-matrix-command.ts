import { type Command, Option } from "commander";
import { finish } from "./finish.ts";

export function addFaultMatrixCommand(root: Command): void {
  root
    .command("fault-matrix")
    .description("every fault of the twins in every state, in virtual time; 1 when a rule was broken")
    .argument("<file>", "results, one line of JSON a cell; what is in it is not run again")
    .addOption(new Option("--kind <kind>", "one kind of board").choices(["bitaxe-207", "bitaxe-205", "s9"]))
    .option("--only <text>", "cells with this in their name (KIND/FAULT/STATE)")
    .option("--json", "print one JSON document")
    .action(async (file, options) => finish((await import("./fault-matrix.ts")).faultMatrixCommand(file, options)));
}
