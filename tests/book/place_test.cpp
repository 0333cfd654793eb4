#include "tests/catch.h"

#include <filesystem>
#include <random>

#include <unistd.h>

#include "base/files.h"
#include "base/text.h"
#include "book/catalogue.h"
#include "book/place.h"

using namespace tb::book;

TEST_CASE("places as the contract writes them") {
  CHECK(parse_place("02-token-logit-probability").value() == Place{"02-token-logit-probability", "", "", {}});
  CHECK(parse_place("2#softmax").value() == Place{"2", "softmax", "", {}});
  const std::string written =
      "02#softmax?lab=capital&prompt=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82%20%26%20a%3Db&top-k=5";
  const auto place = parse_place(written);
  CHECK(place.value() == Place{"02", "softmax", "capital", {{"prompt", "Привет & a=b"}, {"top-k", "5"}}});
  CHECK(to_string(*place) == written);
  CHECK(parse_place("2?lab=a&x=").value() == Place{"2", "", "a", {{"x", ""}}});
  CHECK(parse_place("2?lab=a&x=1+1=2").value().inputs.at("x") == "1+1=2");
  CHECK(parse_place("2?lab=a&x=Привет").value().inputs.at("x") == "Привет");   // typed by hand, not encoded
}

TEST_CASE("a wrong place says what is wrong") {
  const auto code = [](const char* text) { return parse_place(text).error().code; };
  CHECK(code("") == "place.chapter");
  CHECK(code("#softmax") == "place.chapter");
  CHECK(code("2?prompt=a") == "place.lab");
  CHECK(code("2?prompt=a&lab=b") == "place.lab");
  CHECK(code("2?lab=") == "place.lab");
  CHECK(code("2?lab=a&lab=b") == "place.lab");
  CHECK(code("2?lab=a&x=1&x=2") == "place.twice");
  CHECK(code("2?lab=a#softmax") == "place.hash");
  CHECK(code("2%4") == "place.encoding");
  CHECK(code("2%zz") == "place.encoding");
  CHECK(code("2#%FF") == "place.encoding");
}

TEST_CASE("every place survives being written and read") {
  std::mt19937 random(20260101);
  const auto text = [&](int least) {
    std::string out;
    const int length = least + static_cast<int>(random() % 12);
    for (int i = 0; i < length; ++i) {
      constexpr std::string_view special = "%&=#?+ /\n\\\"";
      char32_t c = 0;
      switch (random() % 4) {
        case 0: c = static_cast<unsigned char>(special[random() % special.size()]); break;
        case 1: c = 0x20 + random() % 0x5F; break;
        case 2: c = 0x400 + random() % 0x100; break;
        default: c = random() % 0x110000;
      }
      tb::append_utf8(out, c >= 0xD800 && c <= 0xDFFF ? 0x1F600 : c);
    }
    return out;
  };
  for (int round = 0; round < 5000; ++round) {
    Place place{text(1), text(0), "", {}};
    if (random() % 2) {
      place.lab = text(1);
      for (auto n = random() % 4; n > 0; --n) place.inputs[text(1)] = text(0);
      place.inputs.erase("lab");
    }
    const auto written = to_string(place);
    INFO(written);
    REQUIRE(written.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%#?&=") ==
            std::string::npos);
    REQUIRE(parse_place(written).value() == place);
  }
}

TEST_CASE("the catalogue, and how a chapter is found") {
  const auto folder = std::filesystem::temp_directory_path() / ("textbook-catalogue-" + std::to_string(::getpid()));
  const auto write = [&](const std::string& toml) { REQUIRE(tb::write_file(folder / "catalogue.toml", toml)); };
  for (const auto* slug : {"01-one", "02-two", "10-ten"}) {
    std::filesystem::create_directories(folder / slug);
    for (const auto* file : {"en.md", "ru.md"}) REQUIRE(tb::write_file(folder / slug / file, "# x\n"));
  }
  const auto entry = [](const std::string& slug, const std::string& number) {
    return "[[chapter]]\nslug = \"" + slug + "\"\nnumber = \"" + number + "\"\ntitle = { en = \"E\", ru = \"Р\" }\n";
  };
  write(entry("02-two", "2") + entry("01-one", "1") + entry("10-ten", "10"));
  const auto chapters = read_catalogue(folder).value();
  REQUIRE(chapters.size() == 3);
  CHECK(chapters[0].slug == "02-two");   // the file's order, not the alphabet's
  CHECK(chapters[0].title.at("ru") == "Р");
  CHECK(chapters[0].file("ru") == folder / "02-two" / "ru.md");
  for (const auto* name : {"02-two", "2", "02", "02-"}) CHECK(find_chapter(chapters, name).value() == 0);
  CHECK(find_chapter(chapters, "1").value() == 1);
  CHECK(find_chapter(chapters, "10").value() == 2);
  CHECK(find_chapter(chapters, "0").error().code == "catalogue.ambiguous");
  CHECK(find_chapter(chapters, "02-twx").error().args.at(1) == "02-two");
  CHECK(find_chapter(chapters, "").error().code == "catalogue.unknown");

  const auto error = [&] { return read_catalogue(folder).error(); };
  write(entry("02-two", "2") + "slug = \n");
  CHECK(error().code == "catalogue.syntax");
  CHECK(error().where == (folder / "catalogue.toml").generic_string() + ":5");
  write(entry("02-two", "2") + entry("02-two", "3"));
  CHECK(error().code == "catalogue.twice");
  write(entry("02-two", "2") + entry("03-gone", "3"));
  CHECK(error().code == "catalogue.missing");
  CHECK(error().where == (folder / "catalogue.toml").generic_string() + ":5");
  write("[[chapter]]\nslug = \"01-one\"\n");
  CHECK(error().code == "catalogue.syntax");
  write("chapter = 3\n");
  CHECK(error().code == "catalogue.syntax");
  std::filesystem::remove_all(folder);
}
