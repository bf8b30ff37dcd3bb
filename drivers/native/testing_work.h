// Work for the tests of job builder and pump: any bytes will do, since nothing here is mined.
#pragma once
#include <memory>

#include "drivers/native/job_builder.h"

namespace asicr {

inline std::unique_ptr<WorkTemplate> someWork(size_t extranonce2Bytes = 4) {
  auto work = std::make_unique<WorkTemplate>();
  work->version = 0x20000000;
  work->versionMask = 0x1FFFE000;
  work->ntime = 0x5D17465B;
  work->nbits = 0x1723792C;
  for (size_t i = 0; i < 32; i++) work->prevHash[i] = static_cast<uint8_t>(i);
  work->coinbase.assign(113, 0xC0);
  work->extranonce2At = 60;
  work->extranonce2Bytes = extranonce2Bytes;
  work->branches.resize(3);
  for (Digest& branch : work->branches) branch.fill(0xB7);
  work->generation = 0;
  return work;
}

}  // namespace asicr
