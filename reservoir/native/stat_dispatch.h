// One function per instruction set from one template body (NAMEBody<W>), and the choice between them at run time.
#pragma once
#include "instruction_set.h"
#include "lanes.h"

#if defined(__x86_64__)
#define ASICR_PER_SET(RESULT, NAME, PARAMETERS, ARGUMENTS)                                     \
  static RESULT NAME##Base PARAMETERS { return NAME##Body<2> ARGUMENTS; }                      \
  ASICR_AVX2 static RESULT NAME##Avx2 PARAMETERS { return NAME##Body<4> ARGUMENTS; }           \
  ASICR_AVX512 static RESULT NAME##Avx512 PARAMETERS { return NAME##Body<8> ARGUMENTS; }       \
  RESULT NAME PARAMETERS {                                                                     \
    switch (instructionSet()) {                                                                \
      case InstructionSet::avx512: return NAME##Avx512 ARGUMENTS;                              \
      case InstructionSet::avx2: return NAME##Avx2 ARGUMENTS;                                  \
      default: return NAME##Base ARGUMENTS;                                                    \
    }                                                                                          \
  }
#else
#define ASICR_PER_SET(RESULT, NAME, PARAMETERS, ARGUMENTS) \
  RESULT NAME PARAMETERS { return NAME##Body<2> ARGUMENTS; }
#endif
