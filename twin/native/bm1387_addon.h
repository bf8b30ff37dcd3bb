// N-API glue of the BM1387 search, for addon.cc. Types: twin/chip/bm1387-native.ts.
#pragma once
#include <napi.h>

#include <memory>
#include <vector>

#include "bm1387_search.h"

namespace asicr::bm1387 {

class ChainSweepObject : public Napi::ObjectWrap<ChainSweepObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "ChainSweep",
                       {InstanceMethod<&ChainSweepObject::reset>("reset"), InstanceMethod<&ChainSweepObject::setAddress>("setAddress"),
                        InstanceMethod<&ChainSweepObject::setClock>("setClock"), InstanceMethod<&ChainSweepObject::setMode>("setMode"),
                        InstanceMethod<&ChainSweepObject::closeCores>("closeCores"), InstanceMethod<&ChainSweepObject::setBadCores>("setBadCores"),
                        InstanceMethod<&ChainSweepObject::startJob>("startJob"), InstanceMethod<&ChainSweepObject::advance>("advance"),
                        InstanceMethod<&ChainSweepObject::hashes>("hashes"), InstanceMethod<&ChainSweepObject::openCores>("openCores")});
  }

  explicit ChainSweepObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ChainSweepObject>(info) {
    const bool taken = numbers(info, 0, 2) && number(info, 0) >= 1 && number(info, 0) <= 64 && number(info, 1) <= kMaxWorkScale;
    if (!taken) refuse(info, "ChainSweep(chips 1..64, workScale 0..32)");
    sweep_ = std::make_unique<ChainSweep>(taken ? static_cast<size_t>(number(info, 0)) : 1, taken ? static_cast<unsigned>(number(info, 1)) : 32);
  }

 private:
  static constexpr size_t kRow = 8;

  static double number(const Napi::CallbackInfo& info, size_t at) { return info[at].As<Napi::Number>().DoubleValue(); }

  static bool numbers(const Napi::CallbackInfo& info, size_t from, size_t to) {
    if (info.Length() < to) return false;
    for (size_t at = from; at < to; at++)
      if (!info[at].IsNumber() || !(number(info, at) >= 0) || number(info, at) > 9007199254740991.0) return false;
    return true;
  }

  static bool bytes(const Napi::CallbackInfo& info, size_t at) {
    return info.Length() > at && info[at].IsTypedArray() && info[at].As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  }

  static Napi::Value refuse(const Napi::CallbackInfo& info, const char* message) {
    Napi::TypeError::New(info.Env(), message).ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }

  // The first argument is a chip, and so many numbers follow it.
  bool chipAnd(const Napi::CallbackInfo& info, size_t more) const {
    return numbers(info, 0, 1 + more) && number(info, 0) < static_cast<double>(sweep_->chips());
  }

  static size_t chip(const Napi::CallbackInfo& info) { return static_cast<size_t>(number(info, 0)); }

  Napi::Value reset(const Napi::CallbackInfo& info) {
    sweep_->reset();
    return info.Env().Undefined();
  }

  Napi::Value setAddress(const Napi::CallbackInfo& info) {
    if (!chipAnd(info, 1) || number(info, 1) > 255) return refuse(info, "setAddress(chip, address 0..255)");
    sweep_->setAddress(chip(info), static_cast<uint32_t>(number(info, 1)));
    return info.Env().Undefined();
  }

  Napi::Value setClock(const Napi::CallbackInfo& info) {
    if (!chipAnd(info, 2)) return refuse(info, "setClock(chip, tNs, hz)");
    sweep_->setClock(chip(info), number(info, 1), number(info, 2));
    return info.Env().Undefined();
  }

  Napi::Value setMode(const Napi::CallbackInfo& info) {
    if (!chipAnd(info, 0) || info.Length() < 3 || !info[1].IsBoolean() || !info[2].IsBoolean())
      return refuse(info, "setMode(chip, gating: boolean, multiMidstate: boolean)");
    sweep_->setMode(chip(info), info[1].As<Napi::Boolean>(), info[2].As<Napi::Boolean>());
    return info.Env().Undefined();
  }

  Napi::Value closeCores(const Napi::CallbackInfo& info) {
    if (!chipAnd(info, 1)) return refuse(info, "closeCores(chip, tNs)");
    sweep_->closeCores(chip(info), number(info, 1));
    return info.Env().Undefined();
  }

  Napi::Value setBadCores(const Napi::CallbackInfo& info) {
    if (!chipAnd(info, 0) || !bytes(info, 1) || info[1].As<Napi::Uint8Array>().ElementLength() != kCores)
      return refuse(info, "setBadCores(chip, bad: Uint8Array(114))");
    CoreSet bad;
    for (unsigned core = 0; core < kCores; core++) bad[core] = info[1].As<Napi::Uint8Array>()[core] != 0;
    sweep_->setBadCores(chip(info), bad);
    return info.Env().Undefined();
  }

  Napi::Value startJob(const Napi::CallbackInfo& info) {
    if (!numbers(info, 0, 1) || !bytes(info, 1) || !bytes(info, 2)) return refuse(info, "startJob(tNs, hears: Uint8Array, frame: Uint8Array)");
    const auto hears = info[1].As<Napi::Uint8Array>();
    const auto frame = info[2].As<Napi::Uint8Array>();
    const size_t size = frame.ElementLength();
    const bool frameSize = size == 22 + 32 || size == 22 + 64 || size == 22 + 128;
    if (hears.ElementLength() != sweep_->chips() || !frameSize) return refuse(info, "startJob takes a byte per chip and a frame of 54, 86 or 150");
    sweep_->startJob(number(info, 0), hears.Data(), makeJob(frame.Data(), static_cast<unsigned>((size - 22) / 32), ++jobs_));
    return info.Env().Undefined();
  }

  Napi::Value advance(const Napi::CallbackInfo& info) {
    if (!numbers(info, 0, 1)) return refuse(info, "advance(toNs)");
    hits_.clear();
    sweep_->advance(number(info, 0), hits_);
    if (hits_.empty()) return info.Env().Null();
    Napi::Float64Array packed = Napi::Float64Array::New(info.Env(), hits_.size() * kRow);
    double* out = packed.Data();
    for (const Hit& hit : hits_) {
      for (const double value : {static_cast<double>(hit.chip), hit.tNs, static_cast<double>(hit.nonceBe), static_cast<double>(hit.midstate),
                                 static_cast<double>(hit.below), static_cast<double>(hit.jobId), static_cast<double>(hit.jobSerial), hit.decoy ? 1.0 : 0.0})
        *out++ = value;
    }
    return packed;
  }

  Napi::Value hashes(const Napi::CallbackInfo& info) {
    if (!numbers(info, 0, 1)) return refuse(info, "hashes(tNs)");
    Napi::Float64Array out = Napi::Float64Array::New(info.Env(), sweep_->chips());
    for (size_t i = 0; i < sweep_->chips(); i++) out[i] = sweep_->hashes(i, number(info, 0));
    return out;
  }

  Napi::Value openCores(const Napi::CallbackInfo& info) {
    if (!chipAnd(info, 0)) return refuse(info, "openCores(chip)");
    return Napi::Number::New(info.Env(), static_cast<double>(sweep_->openCores(chip(info))));
  }

  std::unique_ptr<ChainSweep> sweep_;
  uint64_t jobs_ = 0;
  std::vector<Hit> hits_;
};

}  // namespace asicr::bm1387
