/** Double-hashes n headers of 80 bytes: leading zero bits of each hash, and log2 of its difficulty. */
export type Verify = (headers: Uint8Array) => { zeroBits: Uint16Array; difficultyLog2: Float32Array };
