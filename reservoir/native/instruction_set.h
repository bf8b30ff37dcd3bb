// Which instructions the kernels of this folder use: the widest this processor runs, chosen at run time.
#pragma once

namespace asicr {

enum class InstructionSet { portable, neon, avx2, avx512 };

// The one in use: the widest there is, unless useInstructionSet chose another.
InstructionSet instructionSet();

// "avx512", "avx2", "neon" or "portable".
const char* instructionSetName();

// Forces one by name, for tests and for bug reports. Returns false when this processor lacks it.
bool useInstructionSet(const char* name);

}  // namespace asicr
