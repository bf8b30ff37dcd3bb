// N-API glue of the twin: pseudo-terminals and the search kernel. Types: twin/native-addon.ts.
#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "bm1387_addon.h"
#include "pty_port.h"
#include "search.h"

namespace {

bool takesBytes(const Napi::CallbackInfo& info, size_t at, size_t size) {
  if (info.Length() <= at || !info[at].IsTypedArray()) return false;
  const auto array = info[at].As<Napi::TypedArray>();
  return array.TypedArrayType() == napi_uint8_array && (size == 0 || array.ElementLength() == size);
}

bool takesNumbers(const Napi::CallbackInfo& info, size_t from, size_t to) {
  if (info.Length() < to) return false;
  for (size_t at = from; at < to; at++) {
    if (!info[at].IsNumber()) return false;
    const double value = info[at].As<Napi::Number>().DoubleValue();
    if (!(value >= 0) || value > 9007199254740991.0) return false;
  }
  return true;
}

uint64_t wholeNumber(const Napi::CallbackInfo& info, size_t at) { return static_cast<uint64_t>(info[at].As<Napi::Number>().DoubleValue()); }

void refuse(Napi::Env env, const char* message) { Napi::TypeError::New(env, message).ThrowAsJavaScriptException(); }

class Pty : public Napi::ObjectWrap<Pty> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Pty",
                       {InstanceAccessor<&Pty::path>("path"), InstanceAccessor<&Pty::clients>("clients"), InstanceMethod<&Pty::take>("take"),
                        InstanceMethod<&Pty::write>("write"), InstanceMethod<&Pty::close>("close")});
  }

  explicit Pty(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Pty>(info) {
    if (info.Length() < 1 || !info[0].IsFunction()) {
      refuse(info.Env(), "Pty(onArrival: () => void)");
      return;
    }
    wake_ = Napi::ThreadSafeFunction::New(info.Env(), info[0].As<Napi::Function>(), "twin pty", 0, 1);
    std::string error;
    port_ = asicr::PtyPort::open([this] { wake_.NonBlockingCall(); }, error);
    if (port_ == nullptr) {
      wake_.Release();
      Napi::Error::New(info.Env(), error).ThrowAsJavaScriptException();
    }
  }

  ~Pty() override { shut(); }

 private:
  void shut() {
    if (port_ == nullptr) return;
    // Joins the reader, so that nothing calls wake_ after its release.
    port_.reset();
    wake_.Release();
  }

  Napi::Value path(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), port_ == nullptr ? "" : port_->path()); }
  Napi::Value clients(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), port_ == nullptr ? 0 : port_->clients()); }

  Napi::Value take(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    std::vector<asicr::Arrival> arrivals;
    const int64_t nowNs = port_ == nullptr ? asicr::rawClockNs() : port_->take(arrivals);
    Napi::Array list = Napi::Array::New(env, arrivals.size());
    for (size_t i = 0; i < arrivals.size(); i++) {
      Napi::Object arrival = Napi::Object::New(env);
      arrival["tNs"] = Napi::BigInt::New(env, arrivals[i].tNs);
      arrival["baud"] = Napi::Number::New(env, arrivals[i].baud);
      arrival["bytes"] = Napi::Buffer<uint8_t>::Copy(env, arrivals[i].bytes.data(), arrivals[i].bytes.size());
      list[static_cast<uint32_t>(i)] = arrival;
    }
    Napi::Object result = Napi::Object::New(env);
    result["nowNs"] = Napi::BigInt::New(env, nowNs);
    result["baud"] = Napi::Number::New(env, port_ == nullptr ? 0 : port_->baud());
    result["arrivals"] = list;
    return result;
  }

  Napi::Value write(const Napi::CallbackInfo& info) {
    if (!takesBytes(info, 0, 0)) {
      refuse(info.Env(), "write(bytes: Uint8Array)");
      return info.Env().Undefined();
    }
    const auto bytes = info[0].As<Napi::Uint8Array>();
    const size_t taken = port_ == nullptr ? 0 : port_->write(bytes.Data(), bytes.ElementLength());
    return Napi::Number::New(info.Env(), static_cast<double>(taken));
  }

  Napi::Value close(const Napi::CallbackInfo& info) {
    shut();
    return info.Env().Undefined();
  }

  std::unique_ptr<asicr::PtyPort> port_;
  Napi::ThreadSafeFunction wake_;
};

class BatchSearch : public Napi::ObjectWrap<BatchSearch> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "BatchSearch", {InstanceMethod<&BatchSearch::load>("load"), InstanceMethod<&BatchSearch::run>("run")});
  }

  explicit BatchSearch(const Napi::CallbackInfo& info) : Napi::ObjectWrap<BatchSearch>(info) {}

 private:
  Napi::Value load(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!takesBytes(info, 0, asicr::kVersionLanes * 64) || !takesBytes(info, 1, 12) || !takesNumbers(info, 2, 5) || wholeNumber(info, 3) > 255 ||
        wholeNumber(info, 4) > asicr::kMaxWorkScale) {
      refuse(env, "load(first64: Uint8Array(512), tail: Uint8Array(12), batchNumber, address 0..255, workScale 0..32)");
      return env.Undefined();
    }
    batch_ = asicr::makeBatch(info[0].As<Napi::Uint8Array>().Data(), info[1].As<Napi::Uint8Array>().Data(),
                              static_cast<uint32_t>(wholeNumber(info, 2)), static_cast<uint32_t>(wholeNumber(info, 3)),
                              static_cast<unsigned>(wholeNumber(info, 4)));
    loaded_ = true;
    return env.Undefined();
  }

  Napi::Value run(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!loaded_ || !takesNumbers(info, 0, 3) || wholeNumber(info, 2) > 256) {
      refuse(env, "run(fromBlock, toBlock, zeroBits 0..256) after load()");
      return env.Undefined();
    }
    hits_.clear();
    asicr::searchBlocks(batch_, wholeNumber(info, 0), wholeNumber(info, 1), static_cast<unsigned>(wholeNumber(info, 2)), hits_);
    if (hits_.empty()) return env.Null();
    Napi::Float64Array packed = Napi::Float64Array::New(env, hits_.size() * 4);
    double* out = packed.Data();
    for (const asicr::Hit& hit : hits_) {
      *out++ = static_cast<double>(hit.index);
      *out++ = hit.nonceBe;
      *out++ = hit.zeroBits;
      *out++ = hit.decoy ? 1 : 0;
    }
    return packed;
  }

  asicr::Batch batch_{};
  bool loaded_ = false;
  std::vector<asicr::Hit> hits_;
};

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports["Pty"] = Pty::define(env);
  exports["BatchSearch"] = BatchSearch::define(env);
  exports["ChainSweep"] = asicr::bm1387::ChainSweepObject::define(env);
  exports["clockNs"] = Napi::Function::New(env, [](const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), asicr::rawClockNs()); });
  exports["sha256dKernel"] = Napi::String::New(env, asicr::sha256dKernel());
  return exports;
}

}  // namespace

NODE_API_MODULE(twin, initialise)
