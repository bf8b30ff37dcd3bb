// The safe sequence as bytes: what must be written, where, and what must come back. Given whole when a board is armed, so that carrying it
// out needs nothing of the program that may hang.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "drivers/native/owned_descriptor.h"

namespace asicr {

enum class Way {
  kPort,  // a serial port: `write` goes out, and an answer must begin with `expect` somewhere in what comes back
  kFile,  // a file such as a GPIO's value: written, then read
  kI2c,   // a bus of this host: one transfer, `readBytes` back
};

struct SafeStep {
  std::string what;
  Way way = Way::kPort;
  // Into SafeSequence::descriptors.
  size_t descriptor = 0;
  uint16_t i2cAddress = 0;
  std::vector<uint8_t> write;
  std::vector<uint8_t> expect;
  // From a bus.
  size_t readBytes = 0;
  // For an answer, and after it.
  uint32_t timeoutMs = 0;
  uint32_t settleMs = 0;
  uint32_t tries = 1;
  // The board is not off without it.
  bool required = true;
};

struct SafeSequence {
  std::vector<std::unique_ptr<OwnedDescriptor>> descriptors;
  std::vector<SafeStep> steps;
};

// A torn request in the other end's buffer: the bridge forgets it after 4 ms without a byte (specs/bm1366.md 5.10). Twice that, and what it
// answers to it is read and dropped.
constexpr int kQuietMs = 20;

// Carries out every step, whatever became of those before it: a reset that does not obey is no reason to leave the voltage on. Returns what
// failed of the required ones, in words; empty when each was answered as it must be. `longer` multiplies the waits for an answer.
std::string runSafeSequence(const SafeSequence& sequence, uint32_t longer);

}  // namespace asicr
