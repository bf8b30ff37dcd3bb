/** Who may do what. */

/** `emergency` is for what only makes things safer: nobody at the machine itself should need a token for that. */
export const RIGHTS = ["nothing", "view", "emergency", "operate"] as const;
export type Right = (typeof RIGHTS)[number];

export const ROLES = ["nobody", "local", "view", "operate"] as const;
/** `local`: someone on this host, without a token. */
export type Role = (typeof ROLES)[number];

const GRANTED: Readonly<Record<Role, readonly Right[]>> = {
  nobody: ["nothing"],
  local: ["nothing", "view", "emergency"],
  view: ["nothing", "view"],
  operate: RIGHTS,
};

export function mayDo(role: Role, right: Right): boolean {
  return GRANTED[role].includes(right);
}
