#include "instruction_set.h"

#include <atomic>
#include <cstring>
#include <initializer_list>

namespace asicr {
namespace {

bool supported(InstructionSet set) {
  switch (set) {
    case InstructionSet::portable: return true;
#if defined(__x86_64__)
    case InstructionSet::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case InstructionSet::avx512: return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
#endif
#if defined(__aarch64__)
    case InstructionSet::neon: return true;  // part of every 64-bit ARM
#endif
    default: return false;
  }
}

const char* nameOf(InstructionSet set) {
  switch (set) {
    case InstructionSet::neon: return "neon";
    case InstructionSet::avx2: return "avx2";
    case InstructionSet::avx512: return "avx512";
    default: return "portable";
  }
}

InstructionSet widest() {
  for (InstructionSet set : {InstructionSet::avx512, InstructionSet::avx2, InstructionSet::neon})
    if (supported(set)) return set;
  return InstructionSet::portable;
}

std::atomic<InstructionSet>& chosen() {
  static std::atomic<InstructionSet> set{widest()};
  return set;
}

}  // namespace

InstructionSet instructionSet() { return chosen().load(std::memory_order_relaxed); }

const char* instructionSetName() { return nameOf(instructionSet()); }

bool useInstructionSet(const char* name) {
  for (InstructionSet set : {InstructionSet::portable, InstructionSet::neon, InstructionSet::avx2, InstructionSet::avx512})
    if (std::strcmp(nameOf(set), name) == 0 && supported(set)) {
      chosen().store(set, std::memory_order_relaxed);
      return true;
    }
  return false;
}

}  // namespace asicr
