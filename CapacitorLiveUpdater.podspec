require 'json'

package = JSON.parse(File.read(File.join(__dir__, 'package.json')))

Pod::Spec.new do |s|
  s.name = 'CapacitorLiveUpdater'
  s.version = package['version']
  s.summary = package['description']
  s.license = package['license']
  s.homepage = package['homepage']
  s.author = package['author']
  s.source = { :git => package['repository']['url'], :tag => s.version.to_s }
  s.ios.deployment_target = '15.0'
  s.swift_version = '5.9'
  s.source_files = ['ios/Sources/LiveUpdaterPlugin/*.swift', 'bindings/swift/*.swift']
  s.vendored_frameworks = 'ios/Frameworks/LiveUpdaterCoreFFI.xcframework'
  s.resource_bundles = {
    'CapacitorLiveUpdater' => ['ios/Sources/LiveUpdaterPlugin/PrivacyInfo.xcprivacy']
  }
  s.dependency 'Capacitor'
end
