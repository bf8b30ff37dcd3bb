// N-API glue: checks what JavaScript passes, and keeps threads and memory in order when the environment goes away. While it does,
// nothing can be made or thrown any more: a new array is then empty, and what would have filled it returns at once.
#include <napi.h>

#include <cstring>
#include <limits>
#include <string>

#include "common/native/sha256d.h"
#include "drivers/native/capture_object.h"
#include "drivers/native/dialogue_object.h"
#include "drivers/native/frame_scanner.h"
#include "drivers/native/job_frame.h"
#include "drivers/native/line_workers_addon.h"
#include "drivers/native/linux_i2c_addon.h"
#include "drivers/native/napi_arguments.h"
#include "drivers/native/notify_addon.h"
#include "drivers/native/port_addon.h"
#include "drivers/native/processor_wake_addon.h"
#include "drivers/native/watchdog_object.h"
#include "drivers/native/work_pump_object.h"

namespace {

using asicr::Frame;
using asicr::FrameScanner;
using asicr::isBytes;
using asicr::kFrameStride;
using asicr::readBytes;
using asicr::readLength;
using asicr::readUint32;
using asicr::refuse;
using asicr::ResponseLength;

constexpr size_t kHeaderBytes = 80;
constexpr size_t kDigestBytes = 32;

// Headers end to end, or nothing with an exception pending.
bool readHeaders(const Napi::CallbackInfo& info, Napi::Uint8Array& headers) {
  if (info.Length() == 1 && isBytes(info[0])) {
    headers = info[0].As<Napi::Uint8Array>();
    if (headers.ByteLength() % kHeaderBytes == 0) return true;
  }
  refuse(info.Env(), "a Uint8Array of whole 80-byte headers is expected");
  return false;
}

Napi::Value hashHeaders(const Napi::CallbackInfo& info) {
  Napi::Uint8Array headers;
  if (!readHeaders(info, headers)) return info.Env().Undefined();
  const size_t count = headers.ByteLength() / kHeaderBytes;
  Napi::Uint8Array digests = Napi::Uint8Array::New(info.Env(), count * kDigestBytes);
  if (digests.IsEmpty()) return info.Env().Undefined();
  if (count > 0) asicr::sha256dHeaders(headers.Data(), count, digests.Data());
  return digests;
}

Napi::Value verifyHeaders(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Uint8Array headers;
  if (!readHeaders(info, headers)) return env.Undefined();
  const size_t count = headers.ByteLength() / kHeaderBytes;
  std::vector<uint8_t> digests(count * kDigestBytes);
  asicr::sha256dHeaders(headers.Data(), count, digests.data());
  Napi::Uint16Array zeroBits = Napi::Uint16Array::New(env, count);
  Napi::Float32Array difficultyLog2 = Napi::Float32Array::New(env, count);
  if (zeroBits.IsEmpty() || difficultyLog2.IsEmpty()) return env.Undefined();
  for (size_t i = 0; i < count; i++) {
    const uint8_t* digest = &digests[i * kDigestBytes];
    zeroBits[i] = static_cast<uint16_t>(asicr::leadingZeroBits(digest));
    difficultyLog2[i] = static_cast<float>(asicr::log2Difficulty(digest));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("zeroBits", zeroBits);
  result.Set("difficultyLog2", difficultyLog2);
  return result;
}

Napi::Value sha256dKernel(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), asicr::sha256dKernel()); }

Napi::Value monotonicRawNs(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), asicr::monotonicRawNs()); }

Napi::Value scanFrames(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  ResponseLength length{};
  if (info.Length() != 2 || !isBytes(info[0]) || !readLength(info[1], length)) return refuse(env, "bytes and a response length are expected");
  const Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
  if (bytes.ByteLength() > std::numeric_limits<uint32_t>::max()) return refuse(env, "offsets are 32 bits wide: scan less at once");
  FrameScanner scanner(length);
  std::vector<Frame> found;
  scanner.feed(bytes.Data(), bytes.ByteLength(), found);
  scanner.flush(found);

  Napi::Uint8Array frames = Napi::Uint8Array::New(env, found.size() * kFrameStride);
  Napi::Uint32Array offsets = Napi::Uint32Array::New(env, found.size());
  if (frames.IsEmpty() || offsets.IsEmpty()) return env.Undefined();
  for (size_t i = 0; i < found.size(); i++) {
    frames[i * kFrameStride] = found[i].length;
    std::memcpy(frames.Data() + i * kFrameStride + 1, found[i].bytes.data(), found[i].length);
    offsets[i] = static_cast<uint32_t>(found[i].offset);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("frames", frames);
  result.Set("offsets", offsets);
  result.Set("discardedBytes", Napi::Number::New(env, static_cast<double>(scanner.discardedBytes())));
  result.Set("pendingBytes", Napi::Number::New(env, static_cast<double>(scanner.pendingBytes())));
  return result;
}

// midstateJobFrame(wireId, nbits, ntime, merkleTail, midstates)
Napi::Value midstateJobFrame(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint32_t wireId = 0, nbits = 0, ntime = 0;
  Napi::Uint8Array tail, midstates;
  if (info.Length() != 5 || !readUint32(info[0], wireId) || wireId > 0x7F || !readUint32(info[1], nbits) ||
      !readUint32(info[2], ntime) || !readBytes(info[3], 4, tail) || !isBytes(info[4]))
    return refuse(env, "an id of 7 bits, nbits, ntime, 4 bytes and midstates are expected");
  midstates = info[4].As<Napi::Uint8Array>();
  const size_t count = midstates.ByteLength() / asicr::kMidstateBytes;
  if (midstates.ByteLength() % asicr::kMidstateBytes != 0 || (count != 1 && count != 2 && count != 4))
    return refuse(env, "1, 2 or 4 midstates of 32 bytes are expected");
  const asicr::JobFrame frame = asicr::midstateJob(static_cast<uint8_t>(wireId), nbits, ntime, tail.Data(), midstates.Data(), count);
  Napi::Uint8Array bytes = Napi::Uint8Array::New(env, frame.length);
  if (bytes.IsEmpty()) return env.Undefined();
  std::memcpy(bytes.Data(), frame.bytes.data(), frame.length);
  return bytes;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("monotonicRawNs", Napi::Function::New<monotonicRawNs>(env, "monotonicRawNs"));
  exports.Set("scanFrames", Napi::Function::New<scanFrames>(env, "scanFrames"));
  exports.Set("hashHeaders", Napi::Function::New<hashHeaders>(env, "hashHeaders"));
  exports.Set("verifyHeaders", Napi::Function::New<verifyHeaders>(env, "verifyHeaders"));
  exports.Set("sha256dKernel", Napi::Function::New<sha256dKernel>(env, "sha256dKernel"));
  exports.Set("midstateJobFrame", Napi::Function::New<midstateJobFrame>(env, "midstateJobFrame"));
  exports.Set("WorkPump", asicr::WorkPumpObject::define(env));
  exports.Set("Capture", asicr::CaptureObject::define(env));
  exports.Set("Dialogue", asicr::DialogueObject::define(env));
  exports.Set("SentinelTable", asicr::SentinelTableObject::define(env));
  exports.Set("Watchdog", asicr::WatchdogObject::define(env));
  asicr::registerLineWorkers(env, exports);
  asicr::registerProcessorWake(env, exports);
  asicr::registerLinuxI2c(env, exports);
  asicr::registerNotify(env, exports);
  asicr::registerPort(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(drivers, initialise)
