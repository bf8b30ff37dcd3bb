// Memory for results that is used again (stat_memory.h). N-API only.
#pragma once
#include <napi.h>

#include <atomic>

#include "addon_arguments.h"
#include "stat_memory.h"

namespace asicr {
namespace statistics {

// What results lie in is given back when they are collected, and that may wait for the event loop: beyond this they come from elsewhere.
constexpr size_t kMostLent = size_t{512} << 20;

inline std::atomic<size_t>& lentBytes() {
  static std::atomic<size_t> lent{0};
  return lent;
}

// A Float64Array with whatever was in the memory, or null.
inline Napi::Value unfilled(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const size_t length = arguments.size(1, kMostRows);
  if (!arguments.ok()) return arguments.undefined();
  if (lentBytes().load() + length * sizeof(double) > kMostLent) return info.Env().Null();
  const Block block = takeBlock(length * sizeof(double));
  if (block.memory == nullptr) return info.Env().Null();
  lentBytes() += block.bytes;
  const auto giveBack = [](Napi::Env, void* memory, Block* lent) {
    lentBytes() -= lent->bytes;
    giveBlock({memory, lent->bytes});
    delete lent;
  };
  const Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(info.Env(), block.memory, length * sizeof(double), giveBack, new Block(block));
  return Napi::Float64Array::New(info.Env(), length, buffer, 0);
}

}  // namespace statistics
}  // namespace asicr
