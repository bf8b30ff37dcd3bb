// A pseudo-terminal that plays a serial port: a thread stamps what the client sends, the owner takes it when it likes.
#pragma once
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "write_dates.h"

namespace asicr {

// CLOCK_MONOTONIC_RAW in ns: the clock of the drivers' time-stamps, so that a twin's second is theirs.
int64_t rawClockNs();

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// A mutex whose holder runs as urgently as whoever waits for it: the thread that stamps writes has a real-time priority, the others
// have none, and one of them that was preempted would else hold it up for milliseconds.
class UrgentMutex {
 public:
  UrgentMutex();
  ~UrgentMutex() { pthread_mutex_destroy(&mutex_); }
  UrgentMutex(const UrgentMutex&) = delete;
  UrgentMutex& operator=(const UrgentMutex&) = delete;
  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_;
};

// The kernel hands bytes from the client to us in a work item, which a busy machine runs late (0.1 s and more). A notice of the write
// itself comes at once, so that is the date of the bytes (write_dates.h); without notices it is that of the read.
class PtyPort {
 public:
  // Opens a pair, raw, at 115200. Returns null and sets `error` when the system refuses. `onArrival` is called on the reader
  // thread, once per silence broken, until take() is called again.
  static std::unique_ptr<PtyPort> open(std::function<void()> onArrival, std::string& error);
  ~PtyPort();
  PtyPort(const PtyPort&) = delete;
  PtyPort& operator=(const PtyPort&) = delete;

  // The slave, for the client to open.
  const std::string& path() const { return path_; }
  // Everything that was read until now, and the time up to which that is all that was written: now, or the time of a write whose
  // bytes the kernel has not handed over yet. Per port times never go back.
  int64_t take(std::vector<Arrival>& arrivals);
  // Hands bytes to the client; returns how many the terminal took. Never blocks; all are lost when no client is there, as on a
  // USB port nobody has opened.
  size_t write(const uint8_t* bytes, size_t count);
  // The rate the client has set, in bits per second.
  uint32_t baud() const;
  // Clients that have the slave open; -1 when the system cannot tell.
  int clients() const { return clients_.load(); }

 private:
  PtyPort() = default;
  void readUntilStopped();
  void stampWrites();
  void drainWrites();
  bool readAll();
  void awaitNotices(const std::vector<uint8_t>& bytes);
  void append(const std::vector<uint8_t>& bytes, int64_t provenNs);
  void countClients();

  FileDescriptor master_;
  // Held open so that a client that closes and opens again does not hang the master up.
  FileDescriptor slave_;
  FileDescriptor watch_;
  FileDescriptor writes_;
  FileDescriptor noticed_;
  FileDescriptor stop_;
  std::string path_;
  std::function<void()> onArrival_;
  // Guards all from here to clients_.
  UrgentMutex mutex_;
  std::vector<Arrival> arrivals_;
  WriteDates dates_;
  bool announced_ = false;
  int64_t lastNs_ = 0;
  std::atomic<int> clients_{0};
  std::thread reader_;
  std::array<std::thread, 2> stampers_;
};

}  // namespace asicr
