use super::needs::tests::Made;
use super::*;

fn workspace() -> Workspace {
    Workspace {
        root: "/project".into(),
        target: "/project/target".into(),
    }
}

fn commands(package: &Package) -> String {
    package.plan(&workspace()).unwrap().to_string()
}

#[test]
fn android_is_one_build_for_three_processors() {
    assert_eq!(
        commands(&Package::Android),
        "rm -rf android/src/main/jniLibs\n\
         cargo ndk --platform 24 --target arm64-v8a --target armeabi-v7a --target x86_64 \
         --output-dir android/src/main/jniLibs rustc --locked --package live-updater-ffi --lib \
         --features capgo --crate-type cdylib --profile mobile\n"
    );
}

#[test]
fn ios_is_three_builds_and_two_libraries_with_headers() {
    let build = "IPHONEOS_DEPLOYMENT_TARGET=15.0 cargo rustc --locked --package live-updater-ffi \
        --lib --features capgo --crate-type staticlib --profile mobile --target";
    assert_eq!(
        commands(&Package::Ios),
        format!(
            "rm -rf ios/Frameworks/LiveUpdaterCoreFFI.xcframework target/ios\n\
             mkdir -p target/ios/device target/ios/simulator target/ios/headers/LiveUpdaterCoreFFI\n\
             {build} aarch64-apple-ios\n\
             {build} aarch64-apple-ios-sim\n\
             {build} x86_64-apple-ios\n\
             cp target/aarch64-apple-ios/mobile/liblive_updater_ffi.a \
             target/ios/device/liblive_updater_ffi.a\n\
             lipo -create target/aarch64-apple-ios-sim/mobile/liblive_updater_ffi.a \
             target/x86_64-apple-ios/mobile/liblive_updater_ffi.a \
             -output target/ios/simulator/liblive_updater_ffi.a\n\
             strip -S target/ios/device/liblive_updater_ffi.a\n\
             strip -S target/ios/simulator/liblive_updater_ffi.a\n\
             cp bindings/swift/LiveUpdaterCoreFFI.h \
             target/ios/headers/LiveUpdaterCoreFFI/LiveUpdaterCoreFFI.h\n\
             cp bindings/swift/LiveUpdaterCoreFFI.modulemap \
             target/ios/headers/LiveUpdaterCoreFFI/module.modulemap\n\
             xcodebuild -create-xcframework -library target/ios/device/liblive_updater_ffi.a \
             -headers target/ios/headers -library target/ios/simulator/liblive_updater_ffi.a \
             -headers target/ios/headers -output ios/Frameworks/LiveUpdaterCoreFFI.xcframework\n"
        )
    );
}

#[test]
fn npm_builds_then_packs() {
    let arguments = npm::Arguments::default();
    assert_eq!(
        commands(&Package::Npm(arguments)),
        "npm ci --ignore-scripts --no-audit --no-fund\n\
         npm run build\n\
         rm -rf target/npm\n\
         mkdir -p target/npm\n\
         npm pack --ignore-scripts --pack-destination target/npm\n"
    );
}

#[test]
fn nothing_is_done_where_something_is_missing() {
    for package in [Package::Android, Package::Ios] {
        let error = make(&package, false, &workspace(), &Made(false)).unwrap_err();
        assert!(error.to_string().starts_with("this is missing:"), "{error}");
    }
}

#[test]
fn a_dry_run_needs_nothing() {
    make(&Package::Android, true, &workspace(), &Made(false)).unwrap();
    make(&Package::Ios, true, &workspace(), &Made(false)).unwrap();
}
