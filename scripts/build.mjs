// npm run build: everything up to a runnable program.
import { prepare } from "./prepare.mjs";

prepare();
