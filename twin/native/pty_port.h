// A pseudo-terminal that plays a serial port: a thread stamps what the client sends, the owner takes it when it likes.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

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

// Bytes that arrived together, when, and the client's line rate at that moment. The kernel hands bytes from the client to us in a
// work item, which a busy machine runs late (100 ms and more); a notice of the write itself comes at once, so that is the time. A
// notice does not say how many bytes were written, see dateByWrites. Without a notice the time is that of the read.
struct Arrival {
  int64_t tNs;
  uint32_t baud;
  std::vector<uint8_t> bytes;
};

// A client wrote something: when, and its line rate then.
struct Write {
  int64_t tNs;
  uint32_t baud;
};

// Dates bytes that were read in one go by the notices of their writes. Parts of one size that begin alike, as the frames of a work
// pump do, get one notice each. Otherwise a notice may be left from a write that was read before, or sizes differ: all bytes stay
// together, at the last notice. `read` stands in where no notice came.
std::vector<Arrival> dateByWrites(const std::vector<uint8_t>& bytes, const std::vector<Write>& writes, const Write& read);

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
  // Everything that was read until now, and the time "now". What the kernel hands over later may have been written before, and
  // then says so; per port times never go back.
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
  void append(const std::vector<uint8_t>& bytes);
  void countClients();

  FileDescriptor master_;
  // Held open so that a client that closes and opens again does not hang the master up.
  FileDescriptor slave_;
  FileDescriptor watch_;
  FileDescriptor writes_;
  FileDescriptor stop_;
  std::string path_;
  std::function<void()> onArrival_;
  std::mutex mutex_;
  std::vector<Arrival> arrivals_;
  // Writes of clients since the line was last seen empty, oldest first.
  std::mutex stampMutex_;
  std::vector<Write> stamps_;
  bool announced_ = false;
  int64_t lastNs_ = 0;
  std::atomic<int> clients_{0};
  std::thread reader_;
  std::thread stamper_;
};

}  // namespace asicr
