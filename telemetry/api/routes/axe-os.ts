import { z } from "zod";
import { axeOsInfo, axeOsInfoOf } from "../fleet/axe-os.ts";
import { route } from "../route-declaration.ts";
import { nothing } from "./parameters.ts";

export const systemInfo = route({
  method: "GET",
  path: "/api/system/info",
  about: "What AxeOS, the firmware of a Bitaxe, says there, for tools that know it; unknown is null",
  needs: "view",
  params: nothing,
  // What such tools send with it is theirs.
  query: z.looseObject({}),
  answer: { status: 200, about: "The rig", schema: axeOsInfo },
  problems: {},
  handle: async ({ fleet }) => ({ status: 200, body: fleet === undefined ? {} : axeOsInfoOf(fleet()) }),
});
