// How an update ends: with the next system, or with the former one because the next does not answer, or does not start.

/** @param {import("./emulated-machine.mjs").Machine} machine */
export async function checkSlots(machine, check, at) {
  const install = async (name) => {
    await machine.bring(at(`${name}.raucb`), "/state/update.raucb");
    machine.said("rauc install /state/update.raucb && rm /state/update.raucb", { timeoutMs: 1_800_000 });
  };
  const good = async (slot) => {
    await machine.until("grub-editenv /efi/grub/grubenv list", new RegExp(`${slot}_OK=1[\\s\\S]*${slot}_TRY=0`));
    await machine.until("systemctl is-active asic-reservoir", /^active$/m);
  };
  const kept = () => machine.said("cat /etc/machine-id; sha256sum /etc/asic-reservoir/rig.yaml /etc/ssh/ssh_host_ed25519_key");
  const before = kept();

  await check("a bundle by a stranger is refused", async () => {
    machine.said("head -c 1000000 /dev/urandom > /state/update.raucb; ! rauc install /state/update.raucb");
  });
  await check("a next system is installed, started and marked good", async () => {
    await install("next");
    await machine.restart(/rauc\.slot=B /);
    await good("B");
    machine.said("grep -qx next /state/proven");
  });
  await check("what was set up and measured is still there", () => {
    if (kept() !== before) return `${before}\n${kept()}`;
    machine.said("asic-reservoir runs integrity --config /etc/asic-reservoir/rig.yaml; journalctl --list-boots | grep -q -- ' -1 '");
  });
  await check("a system whose service does not answer is given up, and the former one runs", async () => {
    await install("mute");
    await machine.restart(/rauc\.slot=B /);
    await good("B");
    machine.said("journalctl --no-pager -b -1 -u asic-reservoir-slot | grep -q 'has not proved itself'");
    machine.said("grub-editenv /efi/grub/grubenv list | grep -qx A_OK=0; ! grep -qx mute /state/proven");
  });
  await check("a system that does not start is tried three times, then the former one runs", async () => {
    await install("dead");
    await machine.restart(/rauc\.slot=B /);
    await good("B");
    machine.said("grub-editenv /efi/grub/grubenv list | grep -qx A_TRY=3");
  });
  await check("switched off: the board first", async () => {
    if (!(await machine.off(1_800_000))) return machine.console().slice(-2000);
  });
}
